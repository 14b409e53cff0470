"""Words for what one does with a code, and what for, in 31 languages.

The notation is that of `otp_words_codes`.
"""

from __future__ import annotations

__all__ = ["ENTER", "OPEN", "PURPOSE", "USE"]

# What one does with a code. Verbs that end a sentence (Japanese, Turkish, Hindi) count as well.
ENTER = """
напишете فأدخل отправьте_в_ответ
udfyld udfyldes täytä täyttäkää fylltu_inn fyll_inn попълнете попълни
share enter enters entering type typing key_in punch_in use using input submit quote provide
supply insert tell read read_out apply dial_in show give reply scan_or_enter punch present
respond saisi* tapez tape entrez indiquez composez utilisez renseignez saisir entrer taper
inscrivez eingeben gib geben tippe* verwende* nutze* benutze* einzugeben eintippen einzutippen
trage introduce introduzca ingrese ingresa ingresar escribe escriba digite digita digitar teclea
teclee usa utiliza utilice introducir pon anota marca introduz insira inserir introduza informe
digitando coloque usar utilize escreva inserisci inserire inserisca digiti scrivi scriva usare
usi utilizza utilizzi immetti immettere voer typ toets gebruik vul invoeren invullen wpisz
wpisać podaj podać wprowadź wprowadzić użyj przepisz ange skriv använd mata fyll knappa uppge
oppgi bruk tast indtast brug angiv skrive indtaste benyt syötä anna kirjoita käytä näppäile
introduceți introdu introduceti scrie scrieți tastează tastați folosește folosiți folosiţi
folositi utilizați въведи* напиши* използвай* въвеждане попълни* введіть введи введите укажите
вводите вкажіть використайте використовуйте напишіть впишіть введення наберите набери напишите
впишите используйте ввести ukazhite vvedite vvedit' ispolzuyte girin giriniz gir girerek girip
yaz yazın yazınız kullan kullanın kullanınız tuşlayın kullanarak yazıp ketik masukkan gunakan
isi isikan ketikkan inputkan taip masukan guna sila_masukkan nhập nhap dùng gõ điền dung_ma
sử_dụng su_dung sláðu sláið notaðu notið skrifaðu ritaðu stimplaðu أدخل ادخل أدخلي استخدم استعمل
اكتب اكتبي أدخله إدخال ادخال استخدمي وارد بنویسید بزنید استفاده दर्ज डालें लिखें उपयोग इस्तेमाल
टाइप
भरें εισάγετε εισαγάγετε πληκτρολογήστε γράψε γράψτε χρησιμοποιήστε χρησιμοποίησε βάλε δώσε δώστε
הזן הזיני הזינו הקש הקישו להקיש הקלד הקלידו כתוב השתמש השתמשו הכנס להזין כתבו כתבי הקלידי השתמשי
zadejte zadej napište napiš použijte použij vložte vyplňte opište 利用 打ち込む 写して diga
digale dígale dica sagen sage powiedz скажите скажіть řekněte approuvez signez présentez donnez
dites communiquer reportez recopiez copiez notez übermitteln nennen nenne zeigen zeige verwenden
benutzen nutzen übertragen presenta presente muestra muestre comparte_con responde captura
capture marque teclear ingréselo mostra mostri comunica_al mostre apresente responda copie cole
toon noem kopieer vermeld pokaż przekaż przepisać skopiuj odczytaj visa läs_upp vis opplys
fortæl kopier näytä kerro arată spune comunică copiați покажи покажете съобщете копирайте
покажіть назвіть скопіюйте назовите покажите скопируйте передайте продиктуйте gösterin söyleyin
kopyalayın iletin bildirin tunjukkan sebutkan salin perlihatkan tunjuk beritahu đưa xuất_trình
cung_cấp đọc quét_hoặc_nhập sýndu gefðu_upp اعرض قدم أبلغ انسخ أعط ضع نشان_دهید اعلام کنید کپی
दिखाएं बताएं प्रविष्ट δείξτε πείτε αντιγράψτε הצג הציגו מסור מסרו העתק ukažte sdělte_kurýrovi 提示
見せて 伝えて 入れて 出示 告诉骑手 报给 复制 제시 알려주세요 แสดง แจ้ง 入力 输入 輸入 填写 填入
键入 鍵入 使用 请用 回填 打ち込 記入 입력 사용 กรอก ใส่ ป้อน พิมพ์ ใช้ ระบุ pop tap_in tapping_in
keying
type_in asked_for ask_for prompted_for you_need you'll_need need needs needed please_say
just_say and_say then_say dictate recite eingabe eintragen tragt tragen tippt tippen gebt
eingibst angeben nennt vorzeigen vorlesen lies lest diktier* benötig* brauchst brauchen nutzt
verwendet mitteilen mitzuteilen zeigt ab_sofort_gilt eingetippt saisissant tapant entrant
composant communiquez saisissez saisis indiquer composer dicter dictez lisez énoncez montrez
montrer présenter fournissez fournir il_vous_faut il_te_faut vous_faut besoin_de besoin reporter
inscrire tecleá marcar ingresá escribir escribí proporcion* facilita facilite indica indique
dicta dicte lee lea enseñe enseña necesit* introduciendo ingresando escribiendo tecleando
marcando usando utilizando inserindo introduzindo dile dele dale léale dé introduzir insere
escrever tecle informar informando fornecer forneça fornece mostrar indicar apresentar leia
precisa_de precisas_de precisará_de vai_precisar_de ponha coloca inserendo inserite digitate
scrivere riporta riporti indichi comunica comunichi dettare detti leggi legga mostrare fornisci
fornisca ti_serve le_serve ti_servirà le_servirà toetsen intoetsen tik tikt typt geef geeft
noemt noemen tonen lees voorlezen nodig toets_in opgeven opgeef zeg slå_in slå knappa_in säg läs
läsa visar behöver fyll_i använda uppger sig opgiv oplys læs læs_op bruger skal_bruge brug_for
skal_du_bruge tast_inn les les_opp trenger slå_inn bruke skrive_inn sláðu_inn skráðu lestu gefðu
segðu þarft þarftu slá_inn näppäil* syöttä* kirjoittamalla antamalla käyttämällä antaa lue
ilmoita sano tarvitset käyttää mainitse naputtele naputa wpisując wystukaj wklep podając
przeczytaj wprowadzając przedstaw potrzebujesz użyć podyktuj okaż potrzebny_będzie podanie
wpisanie zadat zadáním uveďte uveď vyťuk* nadiktuj* přečtěte přečti řekni sdělte sděl předložte
potřebujete potřebovat použít vložit tastând folosind introducând introducerea tastezi spuneți
citiți citește dictați arătați prezentați ai_nevoie_de aveți_nevoie_de nevoie_de indicați
completați menționați введя вводя набрав набрать назови сообщите сообщи продиктуй прочтите
прочитайте прочитай предъяв* понадобится потребуется вам_нужен впиши уведіть уведи увести
вводячи наберіть набравши вкажи назви продикту* повідомте повідом зачитайте скажи пред'яв*
знадобиться потрібен_буде въведете въвежда* наберете впишете кажете кажи съобщи продиктува*
прочетете прочети посочете посочи представете дайте ще_ви_трябва ще_ви_е_нужен πληκτρολόγησε
πληκτρολογώντας εισάγοντας καταχωρίστε καταχωρήστε καταχώρισε βάλτε πες διαβάστε διάβασε δηλώστε
δείξε υπαγορεύ* αναφέρετε θα_χρειαστείτε χρειάζεστε θα_χρειαστείς χρειάζεσαι pliktrolog*
eisagete tuşlayarak söyle deyin deyiniz okuyun belirtin verin tuşla gerekecek gerekiyor
ihtiyacınız girmeniz yazarak bấm cho_biết nói cần tulis tuliskan bacakan beri_tahu beritahukan
berikan memerlukan butuh pakai memakai perlukan nyatakan sebut perlu أدخلوا اطبع أخبر اخبر قل
اقرأ اذكر زود أعطه أعطي تحتاج ستحتاج يلزمك كتابة بإدخال استعن بگویید بگوئید بخوانید ارائه تایپ
نیاز لازم بدهید אמור אמרו הקרא הקריאו ציין ציינו תצטרך תצטרכו תצטרכי רשום רשמו הזנת תנו מסרי
डालिए डालकर बताइए बताएँ सुनाएं सुनाएँ दिखाएँ पढ़कर पढकर जरूरत चाहिए भरिए とお申し出 打って お伝え
読み上げ お見せ 告げて お使い 使って ご入力 が必要 伝えれば お知らせください 눌러 적어 알려 말씀
말해 불러 보여 이용 필요합 전달 기재 대면 대고 请报 报出 报上 说出 念出 读出 提供 告诉 敲入 需要
转告 告知司机 告知骑手 告知客服 告知店员 กด บอก อ่าน คีย์ ต้องใช้ answer answering antworte
antworten
répondez répondre rispondi risponda rispondere antwoord antwoordt svara svarar svar svarer
oppgir vastaa vastatkaa svaraðu segja gefa odpowiedz odpovězte odpovědět răspundeți răspunde
ответьте ответь відповідайте відповісти отговорете απαντήστε απάντησε cevaplayın yanıtlayın
trả_lời jawab jawablah 答え 答えて 대답 回答 回复 回覆 أجب جواب ענו השיבו जवाब ตอบ
wpisaniu wpisania podaniu wprowadzeniu zadání zadani vložení ввода ввод вводу въвеждането
indiquant fournissant présentant montrant donnant communiquant mostrando mostrar_al indicando
presentando enseñando diciendo dizendo mostrando_ao indicando_o mostrando_al dicendo comunicando
zeigend laat_zien laten_zien fale fala falar falem fale_ao أظهر اظهري أظهري أر أرِ أبرز ابرز
قولي قولوا أخبري أعطوا سلم toont visar_du vis_frem pokazując okazując pokazuj ukaž ukázat
ukázáním předlož arătând spunând spune-i показывая показав назвав назвавши показавши покажи_на
кажете_на göstererek söyleyerek gösterip söyleyip menunjukkan menyebutkan đưa_cho cho_xem trình
nói_với tell_the show_the say_to segðu_bílstjóranum syntu δείχνοντας λέγοντας δώστε_στον הראה
הראו הראי תראו הצגת दिखाकर बताकर दिखाओ बताओ 見せ 伝え 보여주 말해주 出示给 告知快递员 告诉快递员
告诉司机
laat toon_aan
请按 請按
press pressing drücken drücke drückt appuyez_sur pulse_el prema premi aperte naciśnij tryck
trykk tryk paina ýttu apasă apăsați нажмите нажми натисніть натисни натиснете basın basınız
stiskněte πατήστε πάτα bấm_phím tekan اضغط לחצו לחץ दबाएं दबाएँ 押して 누르
"""

# What a code is for: with a lone number in the right place, this makes a message about a code.
PURPOSE = """
untuk_ganti untuk_mengganti ubah_email ubah_nomor ganti_email ganti_nomor
verknüpf* koppeln vincula vincular vincule
identif* identity identität legitimier* legitimer* tożsamoś* личност* особу kimli* identitas
danh_tính 身份 본인 потвържд* mengesahkan memverifikasi mengonfirmasi mengaktifkan mengesah*
xác_minh xac_minh verifiëren teruskan autoriz* approuv* approv* aprob* aprov* genehmig* freigabe
godkänn* godkjenn* godkend* hyväksy* goedkeur* keur zatwierdź zatwierdzić aprobă aprobați одобр*
схвал* setujui menyetujui luluskan phê_duyệt samþykk* الموافقة لاعتماد تصویب अनुमोद* εγκρίν*
schval* schvál* 承認 授权 同意 승인 อนุมัติ nouvel_appareil neues_gerät nuevo_dispositivo
new_device zurückzusetz* réinitialiser restablecer reimpostare redefinir herstellen resetuj
återställa tilbakestille nulstille endurstilla resetarea сбросить скинути mengatur_ulang đặt_lại
إعادة_تعيين बदलने login log_in sign_in signing_in logging_in signin log_on sign_up signup
register* registration unlock* confirm* verif* activat* authoris* authoriz* approve reset
recover* finish* get_back_in get_you_in gets_you_in let_you_in lets_you_in back_in link complete
continue proceed carry_on pair change restore validate prove it's_you checkin check_in collect
pickup pick_up deposit authenticat* access connexion connecter déblo* débloquer inscription
finaliser confirmer valider activer terminer poursuivre validez réinitialis* vérifi* identifi*
confirmez authentifi* continuer anmeld* registrier* entsperr* bestätig* freischalt* abschließ*
schließt einlogg* zurücksetz* fortfahr* verifizier* abzuschließen aktivier* freigeben
fortzufahren desblo* registro registr* verific* activa* inici* restablec* termina* complet*
acceder continuar entrar cadastro conclu* ativ* redefin* acess* finaliza* prosseguir sblocc*
registrazione accedere accedi attiv* reimpost* continuare prosegui* ontgrendel* deblokke*
aanmeld* inlog* bevestig* activeer* voltooi* afronden rond herstel odblok* zalog* rejestr*
potwierdź aktyw* dokończy* kontynuow* zresetow* logowani* lås_upp logga slutför* bekräft*
aktivera* fortsätt* återställ* inlogg* verifiera* låsa_upp lås_opp logg registrer* fullfør*
bekreft* aktiver* fortsett* tilbakestill* innlogg* lås log_ind tilmeld* fuldfør* bekræft*
fortsæt* nulstil* oprettelse* gennemfør* log_på avaa kirjaudu* rekister* viimeistel* vahvista*
aktivoi* jatka* palauta* lukitus* kirjautu* varmen* deblo* conect* înregistr* inregistr*
finaliz* activ* resete* autentific* отключ* регистр* завърш* влез* влиза* потвърд* вход актив*
възстанов* продълж* розблок* реєстр* завершит* увій* увійт* підтверд* вхід входу відновл*
активу* продовж* разблок* войти вход* подтверд* восстанов* активац* продолж* авториз* kilid*
kayıt* kaydı* tamamla* giriş* doğrula* onayla* etkinleştir* sıfırla* devam üyeliğ* açın aç
buka_blokir pendaftaran mendaftar masuk verifikasi konfirmasi aktivasi menyelesaikan melanjutkan
memulihkan buka_sekatan log_masuk lengkapkan sahkan pengesahan meneruskan aktifkan mở_khóa
đăng_ký đăng_nhập hoàn_tất xác_nhận xác_thực kích_hoạt tiếp_tục khôi_phục mo_khoa dang_ky
dang_nhap hoan_tat xac_nhan xac_thuc kich_hoat opnaðu innskrá* skráning* ljúka staðfest* virkja
aflæs* áfram تسجيل الدخول لتسجيل التسجيل تأكيد لتأكيد تفعيل لتفعيل فتح لفتح استعادة لإكمال
لإتمام إتمام تحقق متابعة ورود ثبت تکمیل تایید تأیید فعال باز_کردن بازیابی قفل लॉगिन पंजीकरण
सत्यापित पूरा पुष्टि अनलॉक सक्रिय ξεκλείδω* εγγραφ* ολοκλήρω* ολοκληρω* σύνδεσ* συνδεθ* επιβεβαι*
ενεργοποι* επαλήθευ* συνέχ* כניסה להתחבר התחברות הרשמה לסיום להשלמת לאמת אימות שחרור לשחרר נעילה
להפעיל הפעלה לאישור להמשיך odemk* registrac* dokonč* přihlá* potvrz* aktiv* ověř* pokrač* obnov*
登録 ログイン 解除 確認 認証 完了 有効化 再設定 サインイン 登录 登入 注册 註冊 解锁 解鎖 验证
驗證 确认 激活 找回 重置 绑定 完成 로그인 가입 인증 확인 잠금해제 잠금_해제 등록 완료 재설정
활성화 เข้าสู่ระบบ ลงทะเบียน ปลดล็อก ยืนยัน สมัคร ταυτοποίη* לאימות לזיהוי לאשר идентифик*
ідентифік*
идентификац* identificar identificare identifiering get_back gets_back back_into back_to_your
regain wieder_in zurück_in retrouv* récupér* accès recuper* recobr* recupér* terug_in weer_in
komma_in kommer_du_in kommer_du_ind kommer_du_inn kommer_in kemst pääset pääse odzysk* vrátíte
vrátit_se revii intri intrați вернет вернуть вернете доступ верне поверне повернет* поверніть
връща върнете επιστρέ* επιστροφ* dönün dönmek quay_lại vào_lại kembali masuk_lagi 戻れ 戻る 戻り
돌아 العودة للعودة بازگردید برگردید תחזרו לחזור वापस กลับเข้า 返回 重新 signer signér signering
ลงนาม semneaz* подпиш* tanda_tangani tandatangani وقع وقّع हस्ताक्षर हस्ताक्षरित sign_off
sign_it_off
let_you finish_signing firma_con firme_con firmar unterschreib* assine assinar firmare
onderteken* underskriv* signera allekirjoita podpisz podepiš* semnați подпис* підпиш* υπογράψ*
imzala* ký 署名 서명 签署 امضا חתום חתמו लॉग_इन conferm* confirmi confirmă confirmați potvrď*
potwierdz* zatwierdz* bestätige onaylay* потвърди הפעל הפעילו אשרו אמתו चालू सत्यापन 有効に
activeren activez aktivieren get_started get_playing get_going
gets_you_into get_you_into lets_you_into let_you_into takes_you_to take_you_to 引き出し 引出し
復旧 मंजूर
मंज़ूर पक्का وافق وافقي اعتمد verifieer undirrit* underteckna* verifier_din ratifica ratifique
validar valide válida_tu zweryfikuj zatwierdzenia bekrefte vahvistaa potvrdit potvrďte ověřte
ověř підтвердити подтвердить потвърдете επικυρώ* doğrulayın สมัครสมาชิก sahihkan xác_thực_hóa
zu_erhalten logge_ind logge_inn logge_på in_te_loggen inloggen
sign_on loggar_in logger_på logger_inn logger_ind logt_in loguje_się se_přihlašuje intră_în
sta_entrando loggt_sich_ein meldet_sich_an firma_tu firma_su firma_il firma_la firma_el
"""

# What one does by means of a code; alone such a word says nothing.
OPEN = """
open opens opened open_it öffne öffnen öffnet aufschließen ouvrez ouvrir ouvre abre abra abrir
apri aprire apre apra opent openen gaat_open öppna* åbn åbne* åpne* opnast opnaðu opna avaa
avautu* aukeaa aukeavat otwórz otworzy* otwiera* otevř* otevír* deschid* открой откройте откры*
відкри* відчин* отвори отворете отваря* ανοίξτε άνοιξε ανοίγ* ανοιγ* aç açın açılır mở buka
dibuka membuka 開け 開錠 開く 開きます 열 열립니다 打开 開門 开门 افتح يفتح تفتح باز باز_می‌شود
פתח פתחו נפתח נפתחת खोलें खुलेगा खुलेगी खुलता खुलती เปิด start starts starte starten démarre*
inicia*
avvia* starta startar uruchom* spusť* запусти* pay pays bezahl* payer pague paga pagare betal*
maksa* zapłać zaplať* plătești plătiți оплати* сплат* плати πληρώστε ödeyin thanh_toán bayar
支払* 결제 支付 付款 ادفع بپردازید שלמו भुगतान ชำระ
sign begin begins beginning start_with melden_sie_sich melde_dich meld_dich logge_dich log_dich
beginne beginnen beginnt los commencez commencer commence démarrez comienza comience comenzar
empieza empiece empezar comece comecem começar inizia inizi iniziare cominci börja begynn
begynne begynd aloita aloittaa byrja byrjaðu hefja rozpocznij zacznij rozpocząć začněte začni
začít începe începeți incepe incepeti начни начните начать почни почніть почати започни
започнете започване ξεκίνα ξεκινήστε ξεκινή* başla başlayın başlat* bắt_đầu bat_dau mulai
memulai mula mulakan bermula tandatangan tanda_tangan menandatangani undirritaðu ابدأ ابدئي
ابدؤوا توقيع وقعي شروع امضا התחל התחילי התחילו להתחיל חתמי शुरू आरंभ เริ่ม เริ่มต้น 始め 開始
开始 시작
سجل ادخل دخول continua continúe continúa kontynuuj fortsett pokračujte bevestig enjoy profitez
disfruta divertiti unlocks unlocked starting opening leave_the_gate
terbuka terbukanya se_deschide
"""

# To use: unlike telling, it has nobody between the verb and what is used ("use entrance 12").
USE = """
udfyld täytä fylltu_inn fyll_inn попълнете попълни
use using utilisez utilise utiliser usa usar use_a use_la usi usare utiliza utilice utilizar
utilize utilizza utilizzi verwende* verwenden nutze nutzen nutzt benutze benutzen gebruik
gebruiken använd använda brug brugen bruk bruke notaðu notið käytä käytt* użyj użyć skorzystaj
použijte použij použít folosește folosiți folosiţi utilizați используйте использовать використ*
използва* χρησιμοποι* kullan kullanın kullanınız dùng sử_dụng gunakan pakai guna استخدم استعمل
استفاده השתמש השתמשו उपयोग इस्तेमाल
"""
