"""Words that say a number is something else than a code, in 31 languages.

The notation is that of `otp_words_codes`.
"""

from __future__ import annotations

__all__ = ["BAD", "CANCELLED", "DONE", "LABEL", "MARKETING", "PHONE", "PLACE", "REPLACES", "TAIL"]

# The number beside it is an order, a reference, a ticket: with these a number has a name already.
LABEL = """
order orders ref reference invoice bill booking reservation ticket case parcel package shipment
tracking consignment transaction txn trx session request customer_id customer_number customer
client
member membership user_id userid username merchant policy contract claim appointment queue seat
room
flight train bus gate platform build version release model serial sku item product meter reading
balance receipt batch terminal store branch ext extension suite flat apartment po_box passport
licence license vat tax iban swift bic id ids uid employee student agent operator channel
account_number account_no acct invoice_no order_no waybill delivery_note coupon coupons voucher
vouchers promo barcode* barcodes sorting sort_code zip zipcode postcode* postal score
points_balance
street road avenue highway building floor bay aisle locker_no docket mileage odometer case_no req
application candidature bewerbung* ansökan ansøkan søknad* ansøgning* hakemu* umsókn* başvuru*
pengajuan
hồ_sơ آवेदन αίτηση αίτησης आवेदन zug treno tren trein tåg tog juna lest поезд потяг влак pociąg
vlak kereta tàu
قطار ट्रेन τρένο רכבת 申請 申込 お客様 顧客 商品 列車 便 신청 신청번호 고객 상품 열차 客户 客戶
产品 產品 商品编号 预订 預訂 员工
列车 班次 รถไฟ สินค้า plate kennzeichen matrícula targa plaque placa nummerplaat skylt
copyright rfc iso iec code_of_conduct code_of_practice code_of_ethics section chapter paragraph
clause page line cheque check_no
course class exam survey sample zone cours examen sondage kurs* prüfung* curso encuesta corso esame
exame cursus zajęcia kurssi kurs eksamen kurz zkoušk* курс* экзамен* іспит* изпит* sınav* kursus
ujian khóa_học námskeið دورة دوره परीक्षा μάθημα קורס 講座 試験 课程 考试 강좌 시험 หลักสูตร
commande référence facture réservation billet colis suivi demande adhérent
dossier contrat rendez-vous vol siège chambre solde relevé livraison identifiant abonné
numéro_client
bestell* auftrag* rechnung* buchung* ticket* paket* sendung* vorgang* transaktion* referenz*
kunden* vertrag* termin* flug* zimmer sitz* guthaben* zähler* version* mitglied* beleg* lieferung*
aktenzeichen antrag* kundennr bestellnr rechnungsnr gerät* fall vorgangsnr
pedido* orden referencia factura reserva boleto paquete envío rastreo transacción sesión solicitud
cliente* socio póliza contrato cita vuelo asiento habitación saldo lectura recibo expediente guía
folio
operación trámite encomenda* fatura fatura* bilhete pacote rastreio transação sessão solicitação
cliente apólice consulta voo assento quarto leitura protocolo processo operação requisição
ordine ordini riferimento fattura prenotazione biglietto pacco spedizione transazione sessione
richiesta contratto appuntamento volo posto camera lettura ricevuta pratica operazione tessera
bestel* referentie* factuur* boeking* reservering* pakket* zending* transactie* sessie* aanvraag*
klant* contract* afspraak* vlucht* stoel kamer meterstand* bon dossier* lidnummer* kenmerk
zamówieni* zamowieni* numer_zamówienia referenc* faktur* rezerwac* bilet* paczk* przesyłk*
transakc*
sesj* zgłoszeni* klient* umow* wizyt* lot miejsce pokój odczyt* licznik* paragon* operacj*
wniosek sprawa sprawy beställning* order* ordernr referens* faktura* bokning* biljett* försändelse*
session* ärende* kund* avtal* flyg* plats rum mätar* kvitto* medlem* kundnr
bestilling* ordre* ordrenr fakturanr booking* billet* pakke* forsendelse* sporing* sak saksnummer
kunde* avtale* aftale* fly sete værelse rom måler* kvittering* medlems* sag sagsnummer referanse*
reference* reservasjon* reservation* transaksjon* sesjon*
tilaus* tilauksen viite* lasku* varaus* lippu* paketti* lähetys* tapahtuma* istunto* asiakas*
asiakkaan sopimus* aika lento* paikka huone mittari* kuitti* seuranta* jäsen* palvelupyyntö*
comand* referinț* referinta factur* rezerv* colet* expedi* tranzacți* tranzactia sesiun* cerer*
client* programar* zbor* loc camer* sold chitanț* awb
поръчк* референ* фактур* резерва* билет* пратк* транзакц* сеси* заявк* клиент* договор* час_за
полет* салдо баланс* показани* касов* абонат*
замовлен* посилан* рахунок-фактур* брон* квит* відправлен* сесі* запит* клієнт* договір*
рейс* залишок лічильник* чек операці* звернен* накладн* ттн
заказ* ссылк* счет-фактур* бронь брони бронирован* посылк* отправлен* сесси*
остаток счетчик* операци* обращени* трек* zakaz* nomer_zakaza
sipariş* siparis* referans* rezervasyon* kargo* gönderi* takip işlem* oturum* talep*
müşteri* musteri* abone* sözleşme* randevu* uçuş* koltuk oda bakiye* sayaç* fiş* dekont* poliçe*
pesanan* pesan_no referensi faktur tagihan pemesanan reservasi tiket pengiriman resi
transaksi sesi permintaan pelanggan kontrak janji penerbangan kursi kamar struk no_pesanan
rujukan invois tempahan bungkusan penghantaran urus_niaga permohonan temujanji baki bil resit aduan
đơn_hàng don_hang đơn mã_đơn mã_đơn_hàng ma_don ma_don_hang tham_chiếu tham_chieu hóa_đơn hoa_don
đặt_chỗ dat_cho mã_đặt_chỗ ma_dat_cho vé bưu_kiện kiện_hàng mã_vận_đơn vận_đơn van_don giao_dịch
giao_dich mã_giao_dịch ma_giao_dich phiên yêu_cầu yeu_cau khách_hàng khach_hang mã_khách_hàng
ma_khach_hang hợp_đồng chuyến_bay ghế phòng số_dư so_du chỉ_số mã_số_thuế mã_kh ma_kh mã_gd ma_gd
mã_vạch ma_vach mã_bưu_chính mã_bưu_điện mã_vùng mã_lỗi mã_giảm_giá ma_giam_gia mã_khuyến_mãi
ma_khuyen_mai mã_ưu_đãi mã_tham_chiếu ma_tham_chieu mã_hóa_đơn mã_sản_phẩm
pöntun* tilvísun* bókun* miða* pakki* pakka* sending* færsl* lotu* beiðn* viðskiptavin*
samning* sæti herbergi staða kvittun* mál máls
الطلب طلب طلبك طلبكم لطلبك بطلبك المرجع مرجع مرجعي المرجعي الفاتورة فاتورة الحجز حجز حجزك التذكرة
تذكرة
الشحنة شحنة شحنتك تتبع التتبع المعاملة معاملة العملية عملية الجلسة جلسة العميل عميل العضوية عقد
الموعد موعد الرحلة رحلة الغرفة الرصيد رصيد رصيدك إيصال البلاغ الملف الدعوى
سفارش سفارشتان ارجاع فاکتور رزرو بلیت بسته مرسوله پیگیری رهگیری تراکنش نشست درخواست مشتری قرارداد
نوبت پرواز صندلی اتاق مانده موجودی رسید پرونده عضویت قبض شناسه
ऑर्डर आर्डर संदर्भ रेफरेंस रसीद इनवॉइस बुकिंग टिकट पार्सल शिपमेंट लेनदेन ट्रांजैक्शन सत्र अनुरोध
ग्राहक अनुबंध अपॉइंटमेंट उड़ान सीट कमरा शेष बैलेंस मीटर बिल शिकायत
παραγγελ* αναφορ* τιμολόγι* κράτησ* εισιτήρι* δέμα* αποστολ* συναλλαγ* συνεδρί* αίτημα* αιτήματ*
πελάτ* συμβόλαι* ραντεβού πτήση* θέση δωμάτιο υπόλοιπο μετρητ* απόδειξ* φάκελ* υπόθεσ*
הזמנה ההזמנה הזמנתך להזמנה אסמכתא אסמכתה חשבונית קבלה כרטיס_נסיעה חבילה החבילה משלוח המשלוח מעקב
עסקה העסקה פעולה פנייה פנייתך בקשה הבקשה לקוח חוזה תור טיסה מושב חדר יתרה היתרה מונה תיק חבר
objedn* referen* vstupenk* jízdenk* balík* zásilk* relac* požadav*
zákazn* smlouv* schůzk* let sedadl* pokoj zůstat* měřič* účtenk* operac* žádost* případ*
注文 ご注文 注文番号 問い合わせ番号 お問い合わせ番号 問合せ番号 伝票番号 追跡番号 会員番号
お客様番号 予約番号 予約
受付番号 受付 整理番号 請求書 請求番号 取引番号 取引 セッション 便名 座席 部屋 残高 検針 指針 配送
荷物 管理番号
ＱＲコード バーコード クーポン クーポンコード プロモコード エラーコード 商品コード 店舗コード 会員
郵便番号 品番 型番 バージョン
订单 訂單 订单号 訂單號 订单编号 訂單編號 单号 單號 运单 運單 快递 包裹 流水号 交易号 交易编号
参考号 參考編號 编号 編號
客户号 客户编号 客戶編號 会员号 會員 预约 預約 航班 座位 房间 取号 余额 餘額 账单 帳單 发票 發票
工单 会话 請求編號
请求 申请 版本 优惠码 優惠碼 折扣码 折扣碼 兑换码 兌換碼 优惠券 優惠券 条形码 条码 條碼 二维码
二維碼 邮编 邮政编码 郵遞區號 推广码 促销码 邀请码 错误代码 錯誤代碼 区号 區號 股票代码
주문번호 주문 송장 송장번호 운송장 운송장번호 예약번호 예약 접수번호 접수 고객번호 회원번호
거래번호 거래 참조번호 조회번호
세션 요청번호 항공편 좌석 객실 잔액 잔고 영수증 청구서 계약번호 검침 버전 민원 택배 쿠폰 쿠폰번호
할인코드 프로모션코드 바코드 우편번호 오류코드 에러코드 상품코드 사건번호 문의번호
คำสั่งซื้อ หมายเลขคำสั่งซื้อ ออเดอร์ พัสดุ เลขพัสดุ ใบเสร็จ ใบแจ้งหนี้ อ้างอิง หมายเลขอ้างอิง
รหัสอ้างอิง รหัสไปรษณีย์
การจอง ตั๋ว รายการ ธุรกรรม ลูกค้า สมาชิก สัญญา นัดหมาย เที่ยวบิน ที่นั่ง ห้อง ยอดคงเหลือ คงเหลือ
มิเตอร์ คำขอ เซสชัน คูปอง
โค้ดส่วนลด รหัสส่วนลด บาร์โค้ด บาร์โคด รหัสพื้นที่ รหัสลูกค้า รหัสสินค้า คิว
"""

# Places and things that have a number and may also have a code: "room 12", but "door code 4821".
PLACE = """
office büro bureau oficina ufficio escritório kantoor biuro kontor toimisto офис офіс ofis
skrifstofa 事務所 사무실 办公室
gate room locker building floor bay door desk apartment flat suite seat platform bus terminal store
branch session agent meeting app parking safe zimmer chambre habitación quarto camera kamer pokój
rum
rom huone cameră стая кімната комната номер_комнаты oda kamar bilik phòng herbergi غرفة الغرفة اتاق
कमरा
δωμάτιο חדר pokoj 部屋 房间 객실 ห้อง sesión sessão sessione sessie sesja sesji сессия сеанс oturum
sesi phiên جلسة نشست सत्र συνεδρία
"""

# A code with one of these beside it is no one-time code.
BAD = """
магазин* филиал* отделени* відділенн* клон tienda sucursal magasin agence negozio filiale loja
agência
winkel* filiaal* sklepu oddziału butiks* avdelings* filial* myymälä* toimipiste* magazinului
sucursalei
mağaza* şube* toko cabang cawangan kedai cửa_hàng chi_nhánh verslunar* المتجر الفرع فروشگاه شعبه
स्टोर शाखा καταστήματος חנות סניף prodejny pobočky 店舗 门店 支店 매장 지점 สาขา
decode encode unicode geocode opcode recode zipcode transcode trace promo promotion* promotional
discount* article produit produits prodotto producto produto
reservation booking réservation réservations prenotazione prenotazioni rezervare rezervacji
bookings coupon voucher referral invite zip postal post area dialling
dialing dial country error errors fault bar qr product item sort swift branch store colour color
dress source iata hs sku rate tariff offer gift redeem cheat status exit response tax ussd
réduction promotionnel parrainage postale postaux erreur barres pays cadeau remise indicatif
gutschein* rabatt* aktions* vorwahl* postleit* plz fehler* barcode* strichcode* werbe* produktcode*
länder* artikel* qrcode* qrkod* qr_code
descuento promocional cupón barras país área regalo zona referido desconto cupom ddd cep
indicação erro brinde sconto sconti errore barre prefisso cap promozionale
kortings* korting actie* streepjes* netnummer* fout* landcode* productcode* postcode* kassacode
rabatow* promocyjn* pocztow* kreskow* błęd* kierunkow* kraju rabat* kupon*
kampanj* post* postnummer* strecj* streck* felkod* riktnummer* landskod* presentkort* värde*
strek* postnr feil* feilkode* landkode* kampanje* tilbud* gave* streg* fejl* landekode* områdekode*
retnings* stregkode* gavekort* alennus* tarjous* etukoodi* posti* viiva* virhe* suunta* maakoodi*
kampanja* lahja* reducer* promo* poștal* postal* eroare cupon zonei țării bare
промо* отстъпк* пощенск* баркод* грешк* телефонен ваучер* промокод* знижк* поштов* штрих* помилк*
скидк* скидоч* почтов* ошибк* купон* regiona skidk* promokod*
indirim* promosyon* posta* barkod* hata* alan ülke kampanya* hediye* davet*
promosi diskon potongan pos kodepos kupon galat kesalahan wilayah negara batang diskaun
poskod baucar ralat kawasan afslátt* póstnúmer* strikamerki* villu* svæðis*
الخصم خصم تخفيض البريدي بريدي الشريطي خطأ الخطأ المنطقة الدولة القسيمة ترويجي الترويجي
تخفیف پستی بارکد خطا هدیه معرف डिस्काउंट छूट पिन_कोड प्रोमो कूपन बारकोड एरर त्रुटि
εκπτωτικ* έκπτωσ* ταχυδρομικ* προσφορ* κουπόνι* σφάλμα* σφάλματος barcode δώρο* γραμμωτ*
הנחה קופון מיקוד ברקוד שגיאה אזור מתנה slev* slevov* poštovn* psč chyb* čárov* dárkov* směrov*
směrovac*
"""

# The four digits of a card or an account stand beside these.
TAIL = """
card cards account acct a/c ac acc ending carte compte terminant karte kreditkarte bankkarte *karte
konto kontos kontot kontoen tarjeta cuenta terminada cartão conta final carta conto terminante
*kaart kaart pas rekening eindigend karta karty kartą kartę rachunek konta końców* kort kortet
*kort *kortet slutar kortti korttisi *kortti kortilla tili tilin päättyvä card|ul|ului cont contul
terminat карта карти картата картою картой карты карту карте сметка картка картки рахунок рахунку
счет счета счёт счету kart kartı kartınız kartınızla kartınızdan kartla hesap hesabınız biten kartu
berakhiran kad akaun berakhir thẻ the_tin_dung tk tài_khoản tai_khoan kort* kortið reikning*
البطاقة بطاقة بطاقتك حساب حسابك الحساب المنتهية تنتهي کارت कार्ड खाते खाता समाप्त κάρτα κάρτας
λογαριασμ* λήγει_σε כרטיס כרטיסך הכרטיס חשבון המסתיים מסתיים kartou kartě účet účtu končí*
尾号 尾號 末尾 下4桁 末四位 卡号 卡 账户 帳戶 账号 口座 カード 카드 계좌 끝자리 บัตร บัญชี ลงท้าย
visa mastercard amex mir maestro
"""

# A number to call or to write to stands beside these.
PHONE = """
call calls phone phones report report_it_to forward_to tel telephone mobile helpline hotline fax
whatsapp viber sms_to text_to dial
ring contact helpdesk stop unsubscribe customer_service support_line
appelez appeler téléphone tél numéro_vert contactez anrufen rufen ruf telefon* hilfe
kontakt* llame llama llamar teléfono tfno línea ligue telefone fone chame chiama chiami telefono
assistenza numero_verde bel bellen telefoon* dzwoń zadzwoń infolini* ringa kundtjänst
ringe soita puhelin* puh sunați sună telefon обадете обади телефон* тел зателефонуйте дзвоніть
позвоните
звоните telefon|u arayın arayınız ara telepon hubungi hub talian gọi goi điện_thoại liên_hệ
lien_he hringdu sími síma اتصل اتصال الاتصال هاتف الهاتف تماس تلفن फोन कॉल संपर्क हेल्पलाइन
καλέστε τηλέφωνο τηλ κάλεσε התקשר התקשרו חייג חייגו טלפון טל volejte zavolejte linka
電話 電話番号 お電話 問い合わせ 问询 客服 热线 熱線 拨打 撥打 致电 致電 电话 分机 詢問 문의 전화
고객센터 상담 โทร ติดต่อ สายด่วน
"""

# Words of offers and notices; with a plain "code" they make it somebody else's code.
MARKETING = """
off sale sales discount discounts deal deals offer offers promo save savings free win winner prize
points earn refer reward rewards checkout cashback bonus voucher coupon loyalty gift subscribe
soldes remise offre gratuit gagnez cadeau réduction panier rabatt angebot angebote gratis
gewinnen punkte prämie kasse sparen gutschein warenkorb descuento oferta ofertas gana puntos
ahorra premio regalo carrito desconto promoção grátis ganhe pontos economize prêmio frete
carrinho sconto sconti offerta vinci punti risparmia carrello korting
aanbieding punten kassa bespaar zniżk* rabat* promocj* promocja darmow* wygraj
punkt* koszyk* rea erbjudande vinn poäng kassan tilbud vind
poeng point rabat kassen alennus* ale tarjous* ilmai* voita pisteitä kassalla reducer*
ofert* câștig* puncte coș отстъпк* оферт* безплат* спечел* точки количк*
промоци* знижк* акці* безкоштовн* виграй* бали бонус* кошик* скидк* акци* бесплатн*
выигра* баллы баллов корзин* распродаж* indirim* kampanya* ücretsiz kazan* puan*
sepet* hediye* diskon menangkan poin hadiah belanja diskaun percuma mata
jualan giảm_giá giam_gia khuyến_mãi khuyen_mai miễn_phí mien_phi điểm trúng quà ưu_đãi
afslátt* tilboð* ókeypis vinn* punkta* خصم عرض عروض مجانا مجاني اربح نقاط نقطة تسوق
تخفیف جایزه رایگان امتیاز خرید छूट ऑफर मुफ्त मुफ़्त जीतें अंक_कमाएं सेल पॉइंट έκπτωσ* προσφορ*
δωρεάν κέρδισ* πόντο* καλάθι* הנחה מבצע חינם זכה נקודות סל slev* akc* zdarma vyhra*
bod* košík* 割引 セール 無料 当選 ポイント お買い物 オフ 特典 キャンペーン 优惠 優惠 折扣 打折 免费
免費 积分 積分 抽奖 中奖
满减 할인 세일 무료 당첨 포인트 혜택 이벤트 ส่วนลด ลดราคา ฟรี ชิงรางวัล แต้ม คะแนน โปรโมชั่น
โปรโมชัน ช้อป
"""

# Said after a code: that one counts no longer.
CANCELLED = """
expired cancelled canceled void invalid revoked superseded obsolete outdated no_longer not_valid
isn't_valid replaced was_replaced is_replaced
expiré expirée annulé annulée périmé invalide plus_valable remplacé abgelaufen ungültig storniert
ersetzt nicht_mehr caducó caducado venció vencida vencido expirado anulado anulada cancelado
cancelada
ya_no inválida inválido expirou expirada já_não não_vale não_é_mais invalidado substituído scaduto
scaduta annullato annullata non_è_più sostituito verlopen vervallen ongeldig niet_meer geannuleerd
wygasł* unieważni* anulowan* nieważn* już_nie przestał utgått ogiltig* upphört makulera*
inte_längre
ersatts utløpt ugyldig* annullert ikke_lenger udløbet annulleret ikke_længere erstattet vanhentunut
mitätöi* peruttu* peruutettu* vanheni ei_ole_enää ei_enää expirat* anulat* nu_mai invalid*
изтекъл* изтече анулиран* невалиден невалидн* отменен* вече_не скасован* анульован* недійсн* минув
прострочен* більше_не втратив истек истекл* аннулирован* недействител* больше_не просрочен*
устарел* otmenen* nedeystvitel* iptal geçersiz* doldu sona_erdi süresi_doldu artık kedaluwarsa
dibatalkan tidak_berlaku hangus tidak_sah_lagi tamat luput telah_tamat dibatal hết_hiệu_lực
đã_hết_hạn bị_hủy đã_hủy het_hieu_luc không_còn da_het_han bi_huy útrunnin* ógild* runnin*
ekki_lengur ملغى ملغي ألغي انتهت انتهى منتهي لم_يعد أُلغي إلغاء الغاء باطل منقضی لغو نامعتبر منسوخ
रद्द समाप्त अमान्य έληξε ακυρώθηκε άκυρος άκυρο ακυρωμέν* δεν_ισχύει פג בוטל בוטלה אינו_תקף
לא_בתוקף
לא_תקף vypršel* zrušen* neplatn* neplatí již_ne 無効 期限切れ 失効 取り消 已失效 失效 已过期 过期
過期 已取消 作废 作廢 无效 만료 취소 무효 더이상 หมดอายุแล้ว ถูกยกเลิก ยกเลิก ใช้ไม่ได้
"""

# Said of a code that somebody has tried.
_TRIED = """
incorrect wrong mistyped was_used been_used already_used has_been_entered was_entered failed
incorrecte faux erroné utilisé falsch falscher verwendet incorrecto incorrecta utilizado usado
errato
sbagliato utilizzato incorreto errado onjuist verkeerd gebruikt nieprawidłow* błędny wykorzystan*
felaktig* använts feil brukt forkert brugt väärä väärin virheellinen käytetty incorect greșit
folosit
грешен неправилен неправильн* неверн* неверно использован* невірн* використан* yanlış hatalı
kullanıldı
salah digunakan sai rangur rangt خطأ خاطئ غیرصحیح اشتباه गलत λάθος λανθασμέν* שגוי nesprávn* chybn*
間違 使用済み 错误 錯誤 已使用 잘못 사용되었 ไม่ถูกต้อง
"""
CANCELLED += _TRIED

# Tells that something is over and done with: the notices, not the messages that ask for a code.
DONE = """
approbat* approvat* aprobad* aprovad* goedgekeurd zaakceptowan* zatwierdzon* godkänts godkänd
godkjent godkendt
hyväksytty samþykkt aprobat* одобрен* схвален* onaylan* disetujui diluluskan được_duyệt εγκρίθηκε
schválen*
geändert changé changée cambiado cambiada modificat* alterad* gewijzigd zmienion* ändrat endret
ændret vaihdettu изменен* змінен* değiştirildi diubah acceptée accepté accettat*
confirmed completed activated registered enrolled successful successfully received updated approved
delivered shipped issued renewed accepted blocked was were been
confirmée confirmé confirmés activé activée enregistré enregistrée reçu réussie expédiée livré été
effectué
bestätigt aktiviert registriert abgeschlossen erfolgreich wurde wurden worden erhalten versandt
geliefert
confirmad* activad* registrad* fue fueron sido exitos* recibid* enviad* entregado entregada
entregue confermat* attivat*
registrat* ricevut* spedit* stato stata consegnat* ativad* recebid* foi foram realizad* bevestigd
geactiveerd geregistreerd ontvangen verzonden voltooid potwierdzon* aktywowan* zarejestrowan*
został*
wysłan* bekräftad aktiverad registrerad mottagen skickad bekreftet aktivert registrert mottatt
sendt
bekræftet aktiveret registreret modtaget afsendt vahvistettu aktivoitu rekisteröity vastaanotettu
lähetetty confirmată activată înregistrată înregistrat primit expediat* fost потвърден* активиран*
регистриран* получен* изпратен* підтверджен* активован* зареєстрован* отриман* надіслан*
подтвержден*
активирован* зарегистрирован* отправлен* пополнен* onaylandı tamamlandı etkinleştirildi kaydedildi
alındı gönderildi dikonfirmasi diaktifkan terdaftar diterima dikirim berhasil disahkan didaftarkan
berjaya dihantar đã_được thành_công hefur_verið staðfest móttekin send تم شد شده_است गया गई
επιβεβαιώθηκε ολοκληρώθηκε εστάλη απεστάλη אושר אושרה נשלח נשלחה התקבל potvrzen* aktivován*
odeslán*
přijat* しました されました 済み 되었습니다 됐습니다 已完成 已成功 已签收 已受理 เรียบร้อย แล้ว
"""

# Said before a code: that one counts no longer.
REPLACES = """
ignore disregard discard replaces replacing supersedes instead_of rather_than old previous earlier
prior former not
ignorez remplace ancien ancienne précédent précédente lieu_de plutôt_que ignorieren ersetzt alte
alter
alten bisherige* vorherige* anstelle statt frühere* ignora reemplaza sustituye anterior antiguo
antigua en_lugar_de en_vez_de substitui antigo antiga em_vez_de no_lugar_de sostituisce precedente
vecchio invece_di vervangt vorige oude negeer plaats_van zastępuje poprzedni* stary starego zamiast
zignoruj ersätter tidigare gamla förra ignorera istället_för erstatter tidligere gamle forrige
ignorer
stedet_for korvaa aiempi aiemman vanha vanhan edellinen edellisen sijaan înlocuiește înlocuieşte
inlocuieste vechi vechiul precedent în_loc_de ignorați замества стар* предишн* вместо
игнорирай* замінює попередн* замість ігноруйте заменяет прежн* предыдущ* игнорируйте
eski önceki yerine menggantikan lama sebelumnya abaikan ganti kod_lama sebelum_ini
thay_thế thay_the cũ cu_la trước_đó bỏ_qua thay_cho fyrri gamli hunsaðu kemur_í_stað
القديم قديم السابق سابق تجاهل بدلا بدل قبلی قدیمی به_جای پیشین पुराना पुराने पिछला पिछले παλιός
παλιό προηγούμεν* αντί αγνοήστε αντικαθιστά הישן ישן הקודם קודם במקום התעלם התעלמו nahrazuje starý
předchozí
původní místo ignorujte 以前 前の 古い 旧 代わり 旧的 之前 原验证码 此前 先前 舊 기존 이전 เดิม
เก่า ก่อนหน้า
"""
