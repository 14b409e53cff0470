"""Words that speak for a code, in 31 languages.

How the tables are written (`otp_lexicon` reads them): words stand apart by white space; `_` joins
the words of a phrase; `stem|a|b` is the stem and the stem with each ending; a final `*` takes any
ending and an initial `*` any beginning (compounds: `*code` is Zugangscode). Spellings without
marks (`codigo`, `bestaetigung`) come by themselves. All languages are loaded at once, so a word
that means something else next door is left out or stands in a phrase.
"""

from __future__ import annotations

__all__ = [
    "AND",
    "BRIDGE",
    "CAPITALS",
    "CODE",
    "COPULA",
    "INSTRUMENT",
    "KINDNESS",
    "NEW",
    "NOT",
    "NUMBER",
    "QUAL",
    "SIGN",
    "SURE",
    "WITH",
]

# Nouns for a code, where other kinds of code (bar, promo, post) exist too.
CODE = """
your_building_code your_service_code the_agent_code delivery_agent_code code_banque_en_ligne
code codes token tokens pincode pincodes digicode *code *codes codice codici código códigos codi
cod codul codului coduri codurile kodat release_code
kod|u|em|y|ami|ów|en|er|erna|et kode|n|r|ne|mu|nya|ku|ns
kodene *kod *koden *kode *koder *kodet kodu|nuz|nuzu|nu|n|yla|nuzla|mu kodunuzdur kodla koduyla
kodi kodları koodi* *koodi *koodisi *koodin *koodia *koodilla *koodinne *koodit *koodiksi
*koodinsa *koodillasi kóði kóðinn kóða kóðann kóðanum kóðans kóðar kóðarnir kóðana kóðum kóðunum
*kóði *kóðinn *kóða *kóðann *kóðanum *kóðinu *kóðar kód|u|em|y|om
код|а|у|ом|е|ы|ов|и|ът|ове|овете|ів|ами|ову *код *кода *кодом clave claves chave chaves chiave
chiavi κωδικ|ός|ού|ό|οί|ούς|ών kodikos kodiko kwdikos kodikos_sas קוד קודים הקוד בקוד לקוד וקוד
שהקוד קודך מהקוד הקודים رمز الرمز برمز بالرمز رمزك ورمز والرمز للرمز لرمز رموز الرموز رمزکم كود
الكود بالكود بكود كودك والكود کد کدی کدهای کدهاي कोड कोडः mã コード ｺｰﾄﾞ 代码 代碼 코드 รหัส โค้ด
乘車碼 乘车码 la_ma ma_mo_tu токен токена the_key_to key_to_your bang_ma 用の番号
"""

# Nouns that mean a one-time secret wherever they stand.
SURE = """
otp otps otpcode o_t_p p_i_n 2fa mfa totp passcode* passkey password* passwort* kennwort*
*passwort *kennwort pin pins einmalpin onlinepin smspin atmpin mpin tpin nip puk puk1 puk2
pukcode puk_code mobiletan chiptan apptan banktan mtan smstan pushtan phototan *otp
sms_klíč 認證碼 пароль_операции пароль_операції пароль_на_операция
one_time_code onetime single_use_code single_use_number verification_code verification_codes
security_code sign_in_code login_code log_in_code access_code mot_de_passe mots_de_passe
contraseña* contrasena* senha* palavra_passe parola parolă parolei hasł|o|em|a|u *lösenord
lösenord* passord* *passord adgangskode* kodeord* engangskode* *adgangskode wachtwoord*
*wachtwoord* salasana* *salasana* tunnusluku* *tunnusluku* pääsykoodi* avainluku* lykilorð*
*lykilorð* lykilnúmer* auðkennisnúmer* heslo hesla heslem hesl* parol|a|ata парол* *пароль
пинкод пин пін pinkod pinkod|u|unuz vash_parol parol' parolj kod_dostupa kod_podtverzhdeni*
kod_podtverjdeni* odnorazov* şifre* sifre* parola|nız|niz sandi kata_sandi kata_laluan
kata_kunci laluan sekali_pakai sekali_guna mật_khẩu mat_khau ma_otp ma_xac_nhan ma_xac_thuc
ma_xac_minh ma_dang_nhap ma_bao_mat ma_kich_hoat ma_truy_cap ma_cua_ban ma_pin ma_dung_mot_lan
mã_xác_nhận mã_xác_thực mã_xác_minh mã_otp συνθηματικ* סיסמ* הסיסמ* בסיסמ* כלמת_המעבר
كلمة_المرور كلمة_مرور كلمة_السر رقم_التحقق رقم_سري الرقم_السري رقم_التأكيد رمز_عبور گذرواژه
پسورد رمز_التحقق رمز_التأكيد رمز_یکبارمصرف رمز_پویا کد_تایید کد_تأیید کلمه_عبور ओटीपी पासवर्ड पिन
पासकोड yanzhengma ninshou_code ninsho_code injeung_beonho inshoubangou 认证码 验证码 驗證碼
校验码 檢核碼 動態碼 动态码 动态密码 動態密碼 登录码 登入碼 登錄碼 激活码 啟用碼 确认码 確認碼
口令 密码 密碼 安全码 安全碼 授权码 授權碼 识别码 識別碼 随机码 隨機碼 短信码 驗證代碼 验证代码
訪問碼 访问码 乘车码 上车码 核对码 行程码 配送码 收货码 开锁码 开门码 临时码 领取码 提取码 暗号
验证号 驗證號碼 取件码 取件碼 取货码 取貨碼 自提码 自提碼 取餐码 提货码 核验码 核銷碼
解锁码 通行码 一次性代码 認証碼 验证口令
交易码 認証番号 認証コード 確認コード 確認番号 暗証番号 パスコード パスワード ワンタイム
セキュリティコード アクセスコード ログインコード 検証コード 本人確認番号 解除番号 認証用番号
ピンコード 照合番号 承認番号 承認コード 인증번호 인증코드 확인코드 확인번호 비밀번호 접속코드
보안코드 보안번호 일회용 핀번호 암호 로그인코드 승인번호 승인코드 인증_번호 인증_코드
로그인_코드 รหัสผ่าน รหัสยืนยัน โอทีพี พาสเวิร์ด รหัสลับ รหัสเข้าใช้ รหัสใช้ครั้งเดียว รหัสพิน พิน
prüfziffer* prüfnummer* prüfzahl* проверочен_номер проверочный_номер перевірочний_номер
رقمك_السري رقمكم_السري پین پینکد magic_number magic_numbers magic_digits magic_code
secret_number secret_digits safe_word_number numéro_magique numéro_secret número_secreto
número_mágico numero_segreto geheimzahl* geheimnummer* numer_tajny секретный_номер
секретне_число тайният_номер gizli_numara* số_bí_mật nomor_rahasia nombor_rahsia गुप्त_नंबर
μυστικός_αριθμός מספר_סודי המספר_הסודי tajné_číslo 秘密の番号 หมายเลขลับ
"""

# Counted only when the message writes them in capitals: small, they are other words.
CAPITALS = "tan tac pac tin otc upin mpin sca"

# Nouns that may name a code; what stands beside them decides.
NUMBER = """
tallene tölurnar цифрите
number numbers digits key secret *token figures value numéro número numero cifra cifras chiffres
zahl ziffern nummer* *nummer *nummern cijfers siffror tal numer numeru cyfry cyfr цифры цифр
номер* число numărul numar numărului cifre numara|sı|yı rakam* nomor nombor angka số_này
αριθμ|ός|ό|ού ψηφία מספר המספר ספרות الرقم رقم رقمك الأرقام ارقام شماره عدد अंक नंबर संख्या číslo
čísla číslice numero|n|a|lla luku tunnus tala talan tölu töluna *talan *tala *tunnuksesi *tunnus
númer* *númer token|i|iä chiffre clé combinaison 番号 数字 号码 號碼 數字 번호 숫자 หมายเลข เลข
ตัวเลข
"""

# Words that make a code or a number a one-time secret.
QUAL = """
delivery pickup pick_up collection check_in abhol* liefer* retrait livraison recogida retiro
entrega ritiro consegna retirada levantamento afhaal* bezorg* odbioru odbiór dostawy avhämtning*
utlämning* hente* utlever* afhent* nouto* luovutus* ridicare livrare получени* получаван*
взиман* отриман* видачі выдачи доставк* teslim* 受取 受け取り 取件 提货 수령 픽업 pengambilan
pengantaran nhận_hàng giao_hàng استلام تسليم الاستلام التسليم تحویل डिलीवरी पिकअप รับของ รับพัสดุ
παραλαβ* παράδοσ* איסוף מסירה vyzvednut* doručen* afhending* verif* verify verification security
secure access login logon signin sign_in log_in signup sign_up authent* authoris* authoriz*
approval confirm* activation activate temporary temp one_time single_use one_off unlock recovery
reset passwordless 2_factor two_factor two_step identity secret vérif* sécurité connexion accès
authentif* autoris* validation temporaire usage_unique identification bestätig* sicherheit*
zugang* anmeld* einmal* freigabe* verifizier* freischalt* verifikation* login* verific*
seguridad acceso autoriz* confirmaci* único un_solo_uso uso_único ingreso inicio_de_sesión
segurança acesso autentica* confirmaç* utiliza* sicurezza accesso conferma monouso usa_e_getta
bevestig* beveiliging* toegang* inlog* eenmalig* verificatie* aanmeld* weryfik* potwierdz*
bezpieczeń* dostęp* jednoraz* logowani* autoryz* bekräft* säkerhet* åtkomst* engång* inlogg*
verifier* bekreft* sikkerhet* tilgang* innlogg* bekræft* sikkerhed* adgang* vahvistus* turva*
pääsy* kertakäyttö* kirjautumis* verificare securitate acces unică autentific* потвърд*
сигурност* достъп* еднократ* вход* підтвердж* безпек* доступ* одноразов* вхід* входу подтвержд*
безопасност* podtverzhd* podtverjd* dostup* onay* doğrulama* güvenlik* erişim* giriş*
tek_kullanımlık verifikasi keamanan akses masuk konfirmasi otorisasi sekali pengesahan
keselamatan log_masuk xác_nhận xác_thực xác_minh bảo_mật đăng_nhập truy_cập dùng_một_lần một_lần
staðfest* öryggis* aðgang* einnota innskrá* التحقق تحقق التأكيد تأكيد الدخول دخول الأمان مؤقت
المصادقة التفعيل تفعيل ورود تایید تأیید امنیتی پویا یکبار یکبارمصرف دسترسی फ़ॅरीफिकेशन वेरिफिकेशन
सत्यापन लॉगिन एक्सेस सुरक्षा पुष्टि asfaleias epalithefsis epalithevsis epiveveosis epivevaiosis
syndesis επαλήθευσ* επιβεβαίωσ* ασφαλεί* πρόσβασ* σύνδεσ* μιας_χρήσης αימות אימות גישה כניסה
אבטחה חד_פעמי חד_פעמית אישור ověř* ověřov* bezpečnost* přístup* přihlaš* jednoráz* potvrz* 認証
確認 解除 ログイン 验证 驗證 登录 登入 安全 认证 確認用 인증 확인 보안 로그인 ยืนยัน เข้าสู่ระบบ
เข้าใช้
aktivač* aktywac* aktiver* aktiváci* aktivointi* activare активац* активаци* kích_hoạt
ενεργοποίησ* הפעלה एक्टिवेशन aktivasi wi_fi_voucher wifi_voucher wi_fi_access wlan* ověřovac*
проверочн* перевірочн* السري
"""

# What only messages about a code say: how long it lives, that it must not be shown.
SIGN = """
pass_it_on pass_on keep_it keep_this tell_no_one no_one private geheim weitersagen weitergib
verraten confidentiel confidencial secreto secreta segredo segreto riservato doorgeven
doorvertellen hemlig* hemmelig* trúnaðar* leyndarm* salassa salaisena tajemnic* poufn* tajemstv*
důvěrn* confidențial секрет* тайн* таємн* поверителн* казвайте кажіть говорите μυστικ* απόρρητ*
gizli kimseye söylemeyin bí_mật rahsia 秘密 内緒 비밀 保密 勿泄 勿告 سري سرية סודי סוד गोपनीय
गुप्त ความลับ expires expire expiring valid validity lapses do_not_share don't_share not_share
never_share share do_not_forward disclose disclosing reveal one_time single_use ignore_this
didn't_request did_not_request requested anyone valable valide partagez communiquez divulguez
jamais gültig läuft weitergeben teilen niemandem válido válida vence caduca expira comparta
compartas compartir nadie vigencia compartilhe ninguém informe_a partilhe valida scade
condividere condividerlo nessuno comunicare geldig verloopt deel delen niemand ważny ważne
wygasa udostępniaj nikomu giltig gäller dela lämna gyldig utløper del udløber voimassa vanhenee
jaa kenellekään valabil valabilă expiră divulga nimănui валиден важи изтича споделяйте дійсний
діє нікому повідомляйте действителен действует истекает сообщайте никому soobshchayte
deystvitelen geçerli paylaşmayın paylaşmayınız kimseyle süreli berlaku bagikan rahasia siapapun
jangan sah kongsi sesiapa hiệu_lực hieu_luc chia_sẻ chia_se hết_hạn tiết_lộ gildir deildu engum
rennur صالح صالحة ينتهي تشارك تشاركه لأحد أحد معتبر اعتبار نکنید محرمانه मान्य वैध साझा किसी
ισχύει λήγει μοιραστείτε κανέναν κοινοποι* בתוקף תקף תוקף תשתף תשתפו לאיש לאף platí platný
nesdělujte sdílejte 有効 共有 他人 教えない 有效 泄露 洩露 告知 转发 透露 유효 공유 타인
알려주지 มีอายุ หมดอายุ เปิดเผย บอกใคร ห้ามบอก ใช้ได้ ใช้ได้ถึง
na_jedno_použití jednorazové nur_einmal_verwendbar einmal_verwendbar usage_unique un_solo_uso
uso_único yourself à_usage_unique works_once
"""

# Stands between a noun and its value.
COPULA = """
is are equals reads est sont ist lautet heißt sind es son è sono é são is: zijn luidt to jest
brzmi är lyder er on ovat este sunt е са є це это является dir adalah ialah yaitu iaitu là eru
هو هي است می‌باشد है हैं είναι הוא היא זה je jsou は 为 是 為 은 는 คือ : =
"""

# Joins two things of a kind.
AND = """
si va and or et ou und oder y o e ed oppure en of i oraz lub albo och eller og ja tai și sau и
или та або й ve veya dan atau và hoặc eða و أو او یا और या και ή או ו a nebo 和 或 と または 및
와 และ หรือ &
"""

# Stands between a noun and what it is for or whose it is ("the code for your order: ...").
BRIDGE = """
у_формі в_формі в_форме
ของคุณ ของท่าน 您的 你的 あなたの お客様の 고객님의 회원님의 ви вашият вашето ваше vašeho vašej
for your to of the my our this pour votre le la les ton ta vos de du des für ihre ihr ihren dein
deine ihres deinen zur zum die der das para tu su tus sus el los un una per il lo tuo suo della
del di al o a seu sua do da meu voor je jouw uw het van dla twój twoje twojego för din ditt till
av til dit deres på sinun tilillesi tilisi pentru dvs contul tău за вашия вашата твоя для вашого
ваш ваша вашего твой до по için sizin untuk anda kamu bagi của bạn cho fyrir þinn þitt لـ لك
الخاص بك برای شما के लिए का की आपका आपकी για σας σου το του τον την של שלך עבור pro váš vaše tvůj
k の
のため には 위해
อีเมล メール 이메일 郵箱 邮箱
"""

# Tells the code that counts from one that does not.
NEW = """
new latest current newest instead nouveau nouvelle neue neuer neuen neues nuevo nueva novo nova
atual nuovo nuova nieuwe nieuw nowy nowe nowego ny nya nye nytt uusi uuden nou noul nouă нов
новия новият нова новий новая новый novyy yeni baru mới moi_la nýr nýja nýi جديد الجديد جدید नया
νέος νέο νεος חדש החדש nový nové 新 新しい 最新 새 새로운 ใหม่
"""

# Turns a call into a warning ("never share the code").
NOT = """
do_not_share don't_share not_share never_share do_not_forward
not never don't dont no jamais ne nicht nie niemals kein keine nunca jamás não mai non niet
nooit nigdy inte aldrig ikke aldri ei älä koskaan nu niciodată не никога никогда ніколи asla
hiçbir jangan tidak tak không khong đừng ekki aldrei لا لن أبدا نه هرگز नहीं कभी μην ποτέ δεν לא
לעולם אל nikdy 不 勿 请勿 切勿 ません ない 마세요 않습니다 ไม่ อย่า ห้าม
"""

# By means of: what stands after it is used, and so may be the code.
WITH = """
firma_con firme_con luvulla numerolla przez dzięki díky с_помощью за_допомогою с_помощта_на
thanks_to grâce_à gracias_a graças_a grazie_a dank_je ด้วย with using via avec mit mittels con
com met med medans cu с със з із ile dengan bằng bang με עם באמצעות z ze s pomocí باستخدام بـ با
से by użyciem með kanssa で
بالرقم
"""

# Politeness that may stand between a noun and its value without meaning anything.
KINDNESS = """
please sie vous usted você lei te просто just alles only csak sólo below following here now
s'il_vous_plaît bitte por_favor per_favore prego alstublieft proszę tack vær_så_snill venligst
ole_hyvä vă_rugăm моля пожалуйста будь_ласка lütfen silakan sila vui_lòng رجاء لطفا कृपया
παρακαλώ בבקשה prosím お願い 请 請 เพียง
"""

# Nouns whose very form says "by means of": what stands before them is what the code is for.
INSTRUMENT = """
кодом паролем kodem kodom kódem hasłem heslem kodla koduyla kodunuzla kodlarla şifreyle şifresiyle
şifrenizle koodilla *koodilla salasanalla kóðanum بالرمز برمز بالكود بكود بکد bang_ma
"""
