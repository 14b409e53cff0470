"""Words for what became of a code or a matter, in 31 languages.

The notation is that of `otp_words_codes`.
"""

from __future__ import annotations

__all__ = ["ACCEPTED", "CANCELLED", "DONE", "ENTERED", "IF", "REPLACES", "SAMPLE", "WRONG"]

# Said after a code: that one counts no longer.
CANCELLED = """
expired cancelled canceled void invalid revoked superseded obsolete outdated no_longer not_valid
isn't_valid replaced was_replaced is_replaced expiré expirée annulé annulée périmé invalide
plus_valable remplacé abgelaufen ungültig storniert ersetzt nicht_mehr caducó caducado venció
vencida vencido expirado anulado anulada cancelado cancelada ya_no inválida inválido expirou
expirada já_não não_vale não_é_mais invalidado substituído scaduto scaduta annullato annullata
non_è_più sostituito verlopen vervallen ongeldig niet_meer geannuleerd wygasł* unieważni*
anulowan* nieważn* już_nie przestał utgått ogiltig* upphört makulera* inte_längre ersatts utløpt
ugyldig* annullert ikke_lenger udløbet annulleret ikke_længere erstattet vanhentunut mitätöi*
peruttu* peruutettu* vanheni ei_ole_enää ei_enää expirat* anulat* nu_mai invalid* изтекъл*
изтече анулиран* невалиден невалидн* отменен* вече_не скасован* анульован* недійсн* минув
прострочен* більше_не втратив истек истекл* аннулирован* недействител* больше_не просрочен*
устарел* otmenen* nedeystvitel* iptal geçersiz* doldu sona_erdi süresi_doldu artık kedaluwarsa
dibatalkan tidak_berlaku hangus tidak_sah_lagi tamat luput telah_tamat dibatal hết_hiệu_lực
đã_hết_hạn bị_hủy đã_hủy het_hieu_luc không_còn da_het_han bi_huy útrunnin* ógild* runnin*
ekki_lengur ملغى ملغي ألغي انتهت انتهى منتهي لم_يعد أُلغي إلغاء الغاء باطل منقضی لغو نامعتبر
منسوخ रद्द समाप्त अमान्य έληξε ακυρώθηκε άκυρος άκυρο ακυρωμέν* δεν_ισχύει פג בוטל בוטלה אינו_תקף
לא_בתוקף לא_תקף vypršel* zrušen* neplatn* neplatí již_ne 無効 期限切れ 失効 取り消 已失效 失效
已过期 过期 過期 已取消 作废 作廢 无效 만료 취소 무효 더이상 หมดอายุแล้ว ถูกยกเลิก ยกเลิก
ใช้ไม่ได้
zrušili zneplatnili zneplatněn* отозвали отменили аннулировали скасували відкликали анулювали
отменихме анулирахме ακυρώσαμε batalkan ألغينا ביטלנו đã_hủy da_huy anulamos cancelamos annullammo
perutimme mitätöimme annullerade makulerade anulowaliśmy unieważniliśmy stornierten
timed_out ran_out run_out hinfällig überholt gått_ut gick_ut gik_ud gått_ut_på_tid deleted
withdrawn deactivated disabled switched_off
turned_off lapsed no_longer_works stopped_working doesn't_work does_not_work blocked gelöscht
gesperrt deaktiviert zurückgezogen widerrufen annulliert verfallen gilt_nicht nicht_gültig
nicht_länger entwertet aufgehoben supprimé supprimée désdésactivée révoqué révoquée bloqué
bloquée n'est_plus ne_fonctionne_plus plus_valide plus_actif eliminado eliminada desactivado
bloqueado revocado no_es_válido no_válido dejó_de no_sirve no_vale sin_efecto apagado desativado
revogado não_é_válido perdeu_a_validade deixou_de sem_efeito sem_validade cancellato eliminato
disattivato bloccato revocato non_valido non_vale non_è_valido decaduto ingetrokken gewist
verwijderd gedeactiveerd geblokkeerd niet_geldig herroepen spärrad spärrats spärrat raderad
raderats raderat borttagen återkallad inaktiverad inte_giltig gäller_inte annullerats annullerad
slutat_gälla spærret slettet deaktiveret tilbagekaldt gælder_ikke ikke_gyldig sperret deaktivert
trukket_tilbake gjelder_ikke kansellert trukket eytt lokað afturkall* afturkölluð óvirk*
ekki_gildur gildir_ekki úr_gildi poistettu kumottu estetty ei_ole_voimassa ei_kelpaa ei_toimi
poistettiin kumottiin lukittu usunięt* zablokowan* wycofan* dezaktywowan* stracił_ważność
nie_jest_ważny nie_działa odwołan* smazán* zablokován* odvolán* deaktivován* není_platný pozbyl
nefunguje șters ștearsă blocat dezactivat revocat retras nu_este_valabil nu_mai_este nu_mai_e
удален* заблокирован* отозван* деактивирован* не_действует не_действителен видален* заблокован*
відкликан* деактивован* не_діє не_дійсний нечинн* изтрит* блокиран* оттеглен* деактивиран*
не_важи не_е_валиден διαγράφηκε μπλοκαρίστηκε απενεργοποιήθηκε ανακλήθηκε δεν_είναι_έγκυρ*
δεν_είναι_πλέον έπαψε silindi bloke engellendi geçerli_değil geçerliliğini kullanım_dışı
devre_dışı đã_xóa bị_xóa bị_khóa thu_hồi vô_hiệu hết_hạn không_dùng_được đã_bị_hủy dihapus
diblokir dicabut dinonaktifkan kadaluarsa tidak_lagi_berlaku sudah_tidak dipadam disekat
ditarik_balik dinyahaktifkan tidak_lagi_sah tidak_sah tidak_lagi 削除 停止 取消 使えません
使えなく 破棄 ご利用いただけません 삭제 폐기 정지 파기 유효하지 删除 停用 撤销 吊销 不再有效
不能再用 無效 撤銷 ملغاة تعطيل إيقاف أبطل إبطال غير_صالح لا_يعمل منتهي_الصلاحية حذف مسدود
غیرفعال معتبر_نیست دیگر_معتبر ابطال נמחק נחסם הושבת אינו_בתוקף כבר_לא פג_תוקפו ब्लॉक निरस्त
मान्य_नहीं वैध_नहीं निष्क्रिय ถูกลบ ถูกระงับ ระงับ ไม่สามารถใช้
"""

# Said of a code that somebody has tried.
_TRIED = """
mistyped was_used been_used already_used has_been_entered was_entered failed utilisé verwendet
utilizado usado utilizzato gebruikt wykorzystan* använts brukt brugt käytetty folosit использован*
використан* kullanıldı digunakan usato usata usati използван* χρησιμοποιηθεί χρησιμοποιήθηκε
사용되어 사용된 已被使用 被使用 无法再次使用 无法使用 不能使用 無法使用 用过 مستخدم استفاده_شده
נוצל שומש इस्तेमाल_हो उपयोग_हो इस्तेमाल_किया_जा उपयोग_किया_जा užit použit* dipakai использовали
notaður notuð đã_dùng doesn't_work don't_work won't_work no_good funktioniert_nicht ne_marche_plus
ne_marche_pas no_funciona não_funciona non_funziona werkt_niet fungerar_inte virker_ikke
fungerer_ikke virkar_ekki nu_funcționează nu_mai_funcționează не_работает не_работи не_працює
не_функционирует δεν_λειτουργεί çalışmıyor çalışmaz không_hoạt_động tidak_berfungsi tidak_bisa
tidak_boleh_digunakan tidak_boleh_dipakai 使えない 使えなくなり ご利用できません 작동하지 不可用
ولم_يعد کار_نمیکند کار_نمی_کند לא_עובד אינו_פעיל לא_פעיל काम_नहीं ใช้งานไม่ได้ 使用済み 已使用 잘못
사용되었 đã_được_sử_dụng đã_sử_dụng được_sử_dụng_rồi ถูกใช้ ถูกใช้ไปแล้ว ใช้ไปแล้ว 使用され 使用済
تم_استخدام تم_استعمال
"""
_WRONG = """
incorrect wrong incorrecte faux erroné falsch falscher incorrecto incorrecta errato sbagliato
incorreto errado onjuist verkeerd nieprawidłow* błędny felaktig* feil forkert väärä väärin
virheellinen incorect greșit грешен неправилен неправильн* неверн* неверно невірн* yanlış hatalı
salah sai rangur rangt خطأ خاطئ غیرصحیح اشتباه गलत λάθος λανθασμέν* שגוי nesprávn* chybn* 間違 错误
錯誤 ไม่ถูกต้อง
"""
CANCELLED += _TRIED + _WRONG

# Says at the end of a sentence that what it is about is wrong.
WRONG = (
    _WRONG
    + """
fel неверен невірний хибний 有误 有誤 不正确 不正確 不对 不匹配 正しくありません 正しくない
違います 一致しません 一致しない 틀렸습니다 틀렸어요 틀립니다 틀린 일치하지 맞지 올바르지 غیر_صحیح
لیس_صحیحا نادرست صحیح_نیست không_đúng không_chính_xác không_khớp khong_dung not_correct not_right
not_match doesn't_match didn't_match nicht_richtig nicht_korrekt stimmt_nicht n'est_pas_correct
n'est_pas_bon ne_correspond_pas mauvais no_es_correcto no_es_correcta no_coincide equivocado
não_está_correto não_confere não_é_correto non_è_corretto non_corrisponde niet_juist niet_correct
klopt_niet jest_błędny niepoprawn* inte_rätt stämmer_inte stemmer_ikke ikke_riktig ikke_rigtig
ei_täsmää ei_ole_oikea nu_este_corect неправильный не_совпадает не_подходит не_подошел
не_збігається не_съвпада doğru_değil tidak_cocok tidak_benar tidak_sesuai ekki_réttur
δεν_είναι_σωστ* לא_נכון सही_नहीं není_správn* nesouhlasí ผิด
"""
)

# Says at the end of a sentence that a code has served its turn.
ACCEPTED = """
accepted redeemed verified confirmed successful correct akzeptiert angenommen eingelöst bestätigt
erfolgreich korrekt accepté acceptée validé confirmé réussie aceptado aceptada verificado
confirmado exitoso correcto aceito aceite accettato verificato confermato corretto geaccepteerd
aanvaard geverifieerd zaakceptowany przyjęty potwierdzony poprawny accepterad accepterades godkänd
godkänts accepteret godkendt akseptert godkjent hyväksytty hyväksyttiin acceptat принят принята
подтвержден прийнятий прийнято підтверджено приет потвърден kabul_edildi onaylandı doğrulandı
diterima berhasil diverifikasi disahkan được_chấp_nhận được_xác_nhận samþykktur přijat přijato
ověřen έγινε_δεκτός επιβεβαιώθηκε אושר התקבל مقبول تایید_شد स्वीकृत 受け付けました 承認されました
確認されました 验证成功 验证通过 已通过 驗證成功 확인되었습니다 인증되었습니다 승인되었습니다
ยืนยันแล้ว ถูกต้อง
"""

# Says before a code, or behind it, that the reader has entered or chosen it.
ENTERED = """
you_replied you_sent_us ai_introdus ai_tastat usted_escribió du_tastet du_tasta du_svarte
vous_avez_répondu hai_risposto je_typte
you_chose you_picked you_set you_have_chosen
you_entered you_typed you_submitted you_tried you_have_entered you've_entered you_just_entered
vous_avez_saisi vous_avez_entré vous_avez_tapé tu_as_saisi has_introducido has_ingresado
ha_introducido ha_ingresado usted_ingresó ingresaste introdujiste escribiste digitaste
você_digitou você_inseriu você_informou hai_inserito hai_digitato ha_inserito du_angav
du_skrev_in du_tastet_inn du_tastede du_indtastede du_har_indtastet du_har_tastet вы_ввели
вы_указали ви_ввели ви_вказали въведохте bạn_đã_nhập anda_memasukkan anda_telah_memasukkan
wpisałeś wpisano podałeś zadali_jste ați_introdus εισαγάγατε
thanks_for_using thanks_for_entering thanks_for_verifying_with thank_you_for_using
thank_you_for_entering thank_you_for_verifying_with merci_d'avoir_utilisé merci_d'avoir_saisi
gracias_por_usar gracias_por_utilizar obrigado_por_usar grazie_per_aver_usato
bedankt_voor_het_gebruiken_van tack_för_att_du_använde takk_for_at_du_brukte tak_fordi_du_brugte
спасибо_за_использование дякуємо_за_використання
"""

# What stands behind it only shows what a code looks like.
SAMPLE = """
for_example for_instance e_g eg looks_like look_like sample_code zum_beispiel z_b par_exemple
por_ejemplo p_ej por_exemplo ad_esempio per_esempio bijvoorbeeld bijv till_exempel t_ex
for_eksempel f_eks t_d til_dæmis esimerkiksi de_exemplu na_przykład například например наприклад
örneğin mesela ví_dụ contohnya misalnya 例如 例えば 예를_들어 उदाहरण_के_लिए مثلا على_سبيل_المثال
به_عنوان_مثال לדוגמה למשל π_χ για_παράδειγμα เช่น ตัวอย่างเช่น
"""

# Makes what follows no fact: "if the code is wrong", "once you have entered it".
IF = """
if once when whenever after as_soon_as wenn falls sobald nachdem si lorsque quand après une_fois
cuando después_de una_vez quando dopo depois assim_que una_volta indien zodra nadat jeśli jeżeli
gdy kiedy om när hvis når etter efter jos kun dacă când după ако когато след если когда после якщо
коли після eğer nếu khi jika kalau apabila bila ketika setelah ef þegar إذا بعد عندما اگر وقتی अगर
यदि जब αν όταν μετά אם כאשר אחרי pokud když jestli 如果 若 如 もし 場合 만약 หาก ถ้า เมื่อ
"""

# Tells that something is over and done with: the notices, not the messages that ask for a code.
DONE = """
approbat* approvat* aprobad* aprovad* goedgekeurd zaakceptowan* zatwierdzon* godkänts godkänd
godkjent godkendt hyväksytty samþykkt aprobat* одобрен* схвален* onaylan* disetujui diluluskan
được_duyệt εγκρίθηκε schválen* geändert changée cambiado cambiada modificat* alterad* gewijzigd
zmienion* ändrat endret ændret vaihdettu изменен* змінен* değiştirildi diubah acceptée accepté
accettat* confirmed completed activated registered enrolled successful successfully received
updated approved delivered shipped issued renewed accepted blocked was were been confirmée
activé activée enregistré enregistrée reçu réussie expédiée livré été effectué bestätigt
aktiviert registriert abgeschlossen erfolgreich wurde wurden worden erhalten versandt geliefert
confirmad* activad* registrad* fue fueron sido exitos* recibid* enviad* entregado entregada
entregue confermat* attivat* registrat* ricevut* spedit* stato stata consegnat* ativad* recebid*
foi foram realizad* bevestigd geactiveerd geregistreerd ontvangen verzonden voltooid
potwierdzon* aktywowan* zarejestrowan* został* wysłan* bekräftad aktiverad registrerad mottagen
skickad bekreftet aktivert registrert mottatt sendt bekræftet aktiveret registreret modtaget
afsendt vahvistettu aktivoitu rekisteröity vastaanotettu lähetetty confirmată activată
înregistrată înregistrat primit expediat* fost потвърден* активиран* регистриран* получен*
изпратен* підтверджен* активован* зареєстрован* отриман* надіслан* подтвержден* активирован*
зарегистрирован* отправлен* пополнен* onaylandı tamamlandı etkinleştirildi kaydedildi alındı
gönderildi dikonfirmasi diaktifkan terdaftar diterima dikirim berhasil disahkan didaftarkan
berjaya dihantar đã_được thành_công hefur_verið staðfest móttekin تم شد شده_است गया गई
επιβεβαιώθηκε ολοκληρώθηκε εστάλη απεστάλη אושר אושרה נשלח נשלחה התקבל potvrzen* aktivován*
odeslán* přijat* しました されました 済み 되었습니다 됐습니다 已完成 已成功 已签收 已受理
เรียบร้อย แล้ว καταχωρήθηκ* καταγράφηκ* 承りました 受け付けました logged recorded filed ya_está
ya_esta activo vigente
genehmigt bewilligt gewährt freigegeben accordé accordée concedid* concesso concessa verleend
przyznan* beviljat beviljad innvilget bevilget myönnetty acordat предоставлен* надано
changed ändrad ändrats změněn změněno schimbat сменен* ditukar άλλαξε שונה שונתה
uygun_görüldü được_cấp disalurkan स्वीकृत 已批准 批准了 승인되었
"""

# Said before a code: that one counts no longer.
REPLACES = """
ignore disregard discard replaces replacing supersedes instead_of rather_than old previous
earlier prior former not ignorez remplace ancien ancienne précédent précédente lieu_de
plutôt_que ignorieren ersetzt alte alter alten bisherige* vorherige* anstelle statt frühere*
ignora reemplaza sustituye anterior antiguo antigua en_lugar_de en_vez_de substitui antigo
antiga em_vez_de no_lugar_de sostituisce precedente vecchio invece_di vervangt vorige oude
negeer plaats_van zastępuje poprzedni* stary starego zamiast zignoruj ersätter tidigare gamla
förra ignorera istället_för erstatter tidligere gamle forrige ignorer stedet_for korvaa aiempi
aiemman vanha vanhan edellinen edellisen sijaan înlocuiește înlocuieşte inlocuieste vechi
vechiul precedent în_loc_de ignorați замества стар* предишн* вместо игнорирай* замінює попередн*
замість ігноруйте заменяет прежн* предыдущ* игнорируйте eski önceki yerine menggantikan lama
sebelumnya abaikan ganti kod_lama sebelum_ini thay_thế thay_the cũ cu_la trước_đó bỏ_qua
thay_cho fyrri gamli hunsaðu kemur_í_stað القديم قديم السابق سابق تجاهل بدلا بدل قبلی قدیمی
به_جای پیشین पुराना पुराने पिछला पिछले παλιός παλιό προηγούμεν* αντί αγνοήστε αντικαθιστά הישן ישן
הקודם קודם במקום התעלם התעלמו nahrazuje starý předchozí původní místo ignorujte 以前 前の 古い
旧 代わり 旧的 之前 原验证码 此前 先前 舊 기존 이전 เดิม เก่า ก่อนหน้า
"""
