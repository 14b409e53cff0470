"""Words that say a number is something else than a code, in 31 languages.

The notation is that of `otp_words_codes`.
"""

from __future__ import annotations

__all__ = ["BAD", "ENDING", "FOLLOW", "LABEL", "MARKETING", "PERSON", "PHONE", "PLACE", "TAIL"]

# The number beside it is an order, a reference, a ticket: with these a number has a name already.
LABEL = """
bal code_review code_freeze otp_limit pin_limit voucher_pin coupon_pin gift_card_pin recharge_pin
routing_code reason_code party_code ward_code dealer_code agent_code activity_code service_code
building_code code_banque code_guichet code_agence code_établissement code_motif bankleitzahl* blz
clearingnummer* codice_abi codice_cab
order orders ref reference invoice bill booking reservation ticket case parcel package shipment
tracking consignment transaction txn trx session request customer_id customer_number customer
client member membership user_id userid username merchant policy contract claim appointment
หมายเลขผู้ใช้ รหัสผู้ใช้ไฟฟ้า mailer letter_no pin_letter hausnummer huisnummer husnummer husnr
talonumero casilla filiale
отделение отделении отделения відділення відділенні л/с о/р р/с лицевой_счет
queue seat room flight train bus gate platform build version release model serial sku item
product meter reading balance receipt batch terminal store branch ext extension suite flat
apartment po_box passport licence license vat tax iban swift bic id ids uid employee student
agent operator channel account_number account_no acct invoice_no order_no consignments mail
waybill delivery_note coupon coupons voucher vouchers promo barcode* barcodes sorting sort_code
zip zipcode postcode* postal score points_balance street road avenue highway building floor bay
aisle locker_no docket mileage odometer case_no req case_file file_number file_no saksnummer*
sagsnummer* ärendenummer* málsnúmer* asianumer* dossiernummer* dosar* dosarul* номер_дела
номер_вашего_дела дело справа номер_справи номер_вашої_справи справи преписк* berkas nombor_fail
fail ملف ملفك ملفكم תיק התיק केस คดี รายการที่ процесс* sprawy spis* případ* případu queue_number
waiting_number token_no turn line_number number_in_line position position_in warte* wartenummer*
laufnummer* aufrufnummer* gleis steuernummer* steuer_id plz aufruf* zählerstand file_d'attente
file attente quai voie immatriculation code_postal tour turno cola fila placa andén vía medidor
nif cif rfc dni senha_de_atendimento senha_da_fila número_da_senha fila_de_espera cais
plataforma contador nib coda numero_d'attesa numero_di_attesa binario contatore bolletta
partita_iva codice_fiscale volgnummer* wachtrij* wachtnummer* rijnummer* spoor perron bsn kö
könummer* köplats* nummerlapp* turnummer* perrong spår lånenummer personnummer*
organisationsnummer* kø kønummer* køplads* kønummeret kølapp* låne* målerstand* strømmåler* cpr
cvr spor_nr biðröð röð röðinni lestur mælir* kennital* lánsnúmer jono* jonotus* vuoro*
vuoronumero* laituri* mittarilukema* y-tunnus henkilötunnus* kolejk* kolejce peron* umowy regon
pesel vin pořad* fronta frontě nástupiště kolej variabilní vs elektroměr* rodné_číslo ičo dič
spz coadă rând bon_de_ordine număr_de_ordine linia peronul contor* cnp cui очеред* талон* индекс
платформ* инн снилс госномер* черг* черзі індекс опашк* перон* коловоз* егн еик προτεραιότητ*
ουρά αποβάθρα αφμ πινακίδ* μετρητή* sıra sıra_numara* peron kredi_no kredi_numara* vergi_no
vergi_numara* plaka tc_kimlik số_thứ_tự so_thu_tu thứ_tự hàng_đợi biển_số công_tơ mã_bưu_cục
antrean antrian nomor_antri plat npwp giliran nombor_giliran barisan application candidature
bewerbung* ansökan ansøkan søknad* ansøgning* hakemu* umsókn* başvuru* pengajuan hồ_sơ آवेदन
αίτηση αίτησης आवेदन zug treno tren trein tåg tog juna lest поезд потяг влак pociąg vlak kereta
tàu قطار ट्रेन τρένο רכבת 申請 申込 お客様 顧客 商品 列車 便 신청 신청번호 고객 상품 열차 客户
客戶 产品 產品 商品编号 预订 預訂 员工 列车 班次 รถไฟ สินค้า plate kennzeichen matrícula targa
plaque nummerplaat skylt copyright iso iec code_of_conduct code_of_practice code_of_ethics
section chapter paragraph clause page line cheque check_no course class exam survey sample zone
cours examen sondage kurs* prüfung* curso encuesta corso esame exame cursus zajęcia kurssi kurs
eksamen kurz zkoušk* курс* экзамен* іспит* изпит* sınav* kursus ujian khóa_học námskeið دورة
دوره परीक्षा μάθημα קורס 講座 試験 课程 考试 강좌 시험 หลักสูตร commande référence facture
réservation billet colis suivi demande adhérent dossier contrat rendez-vous vol siège chambre
solde relevé livraison identifiant abonné numéro_client bestell* auftrag* rechnung* buchung*
ticket* paket* sendung* vorgang* transaktion* referenz* kunden* vertrag* termin* flug* zimmer
sitz* guthaben* zähler* version* mitglied* beleg* lieferung* aktenzeichen antrag* kundennr
bestellnr rechnungsnr gerät* fallnummer fall_nr vorgangsnr pedido* orden referencia factura
reserva boleto paquete envío rastreo transacción sesión solicitud cliente* socio póliza contrato
cita vuelo asiento habitación saldo lectura recibo expediente guía folio operación trámite
encomenda* fatura fatura* bilhete pacote rastreio transação sessão solicitação cliente apólice
consulta voo assento quarto leitura protocolo processo operação requisição ordine ordini
riferimento fattura prenotazione biglietto pacco spedizione transazione sessione richiesta
contratto appuntamento volo posto camera lettura ricevuta pratica operazione tessera bestel*
referentie* factuur* boeking* reservering* pakket* zending* transactie* sessie* aanvraag* klant*
contract* afspraak* vlucht* stoel kamer meterstand* bon dossier* lidnummer* kenmerk zamówieni*
zamowieni* numer_zamówienia referenc* faktur* rezerwac* bilet* paczk* przesyłk* transakc* sesj*
zgłoszeni* klient* umow* wizyt* lot miejsce pokój odczyt* licznik* paragon* operacj* wniosek
sprawa beställning* order* ordernr referens* faktura* bokning* biljett* försändelse* session*
ärende* kund* avtal* flyg* plats rum mätar* kvitto* medlem* kundnr bestilling* ordre* ordrenr
fakturanr booking* billet* pakke* forsendelse* sporing* sak saksnummer kunde* avtale* aftale*
fly sete værelse rom måler* kvittering* medlems* sag sagsnummer referanse* reference*
reservasjon* reservation* transaksjon* sesjon* tilaus* tilauksen viite* lasku* varaus* lippu*
paketti* lähetys* tapahtuma* istunto* asiakas* asiakkaan sopimus* aika lento* paikka huone
mittari* kuitti* seuranta* jäsen* palvelupyyntö* pachet* comand* referinț* referinta factur*
rezerv* colet* expedi* tranzacți* tranzactia sesiun* cerer* client* programar* zbor* loc camer*
sold chitanț* awb поръчк* референ* фактур* резерва* билет* пратк* транзакц* сеси* заявк* клиент*
договор* час_за полет* салдо баланс* показани* касов* абонат* замовлен* посилан* рахунок-фактур*
брон* квит* відправлен* сесі* запит* клієнт* договір* рейс* залишок лічильник* чек операці*
звернен* накладн* ттн заказ* ссылк* счет-фактур* бронь брони бронирован* посылк* отправлен*
сесси* остаток счетчик* операци* обращени* трек* zakaz* nomer_zakaza sipariş* siparis* referans*
rezervasyon* kargo* gönderi* takip işlem* oturum* talep* müşteri* musteri* abone* sözleşme*
randevu* uçuş* koltuk oda bakiye* sayaç* fiş* dekont* poliçe* pesanan* pesan_no referensi faktur
tagihan pemesanan reservasi tiket pengiriman resi transaksi sesi permintaan pelanggan kontrak
janji penerbangan kursi kamar struk meteran no_pesanan rujukan invois tempahan bungkusan
penghantaran urus_niaga permohonan temujanji baki bil resit aduan đơn_hàng don_hang đơn mã_đơn
mã_đơn_hàng ma_don ma_don_hang tham_chiếu tham_chieu hóa_đơn hoa_don đặt_chỗ dat_cho mã_đặt_chỗ
ma_dat_cho vé bưu_kiện kiện_hàng mã_vận_đơn vận_đơn van_don giao_dịch giao_dich mã_giao_dịch
ma_giao_dich phiên yêu_cầu yeu_cau khách_hàng khach_hang mã_khách_hàng ma_khach_hang hợp_đồng
chuyến_bay ghế phòng số_dư so_du chỉ_số mã_số_thuế mã_kh ma_kh mã_gd ma_gd mã_vạch ma_vach
mã_bưu_chính mã_bưu_điện mã_vùng mã_lỗi mã_giảm_giá ma_giam_gia mã_khuyến_mãi ma_khuyen_mai
mã_ưu_đãi mã_tham_chiếu ma_tham_chieu mã_hóa_đơn mã_sản_phẩm pöntun* tilvísun* bókun* miða*
pakki* pakka* sending* færsl* lotu* beiðn* viðskiptavin* samning* sæti herbergi staða kvittun*
mál máls الطلب دورك الدور رقم_الدور الانتظار الطابور طابور البوابة الرصيف الضريبي اللوحة لوحة
الوثيقة العداد عداد البريدي طلب طلبك طلبكم لطلبك بطلبك المرجع مرجع مرجعي المرجعي الفاتورة فاتورة
الحجز حجز حجزك التذكرة تذكرة الشحنة شحنة شحنتك تتبع التتبع المعاملة معاملة العملية عملية الجلسة
جلسة العميل عميل العضوية عقد الموعد موعد الرحلة رحلة الغرفة الرصيد رصيد رصيدك إيصال البلاغ الملف
الدعوى صف نوبت نوبتتان نوبتشما سکو گیت کنتور پلاک مالیاتی بیمه‌نامه بیمه مودم سفارش سفارشتان
بوليصة البوليصة ارجاع فاکتور رزرو بلیت بسته مرسوله پیگیری رهگیری تراکنش نشست درخواست مشتری
مشترک اشتراک قرارداد پرواز صندلی
اتاق مانده_حساب موجودی رسید پرونده عضویت قبض شناسه कतार क्रमांक टोकन_नंबर टोकन_क्रमांक प्लेटफ़ॉर्म
प्लेटफॉर्म पॉलिसी प्लेट जीएसटी पैन ऑर्डर आर्डर संदर्भ रेफरेंस रसीद इनवॉइस बुकिंग टिकट पार्सल
शिपमेंट लेनदेन
ट्रांजैक्शन सत्र अनुरोध ग्राहक अनुबंध अपॉइंटमेंट उड़ान सीट कमरा शेष बैलेंस मीटर बिल शिकायत
παραγγελ* αναφορ*
τιμολόγι* κράτησ* εισιτήρι* δέμα* αποστολ* συναλλαγ* συνεδρί* αίτημα* αιτήματ* πελάτ* συμβόλαι*
ραντεβού πτήση* θέση δωμάτιο υπόλοιπο μετρητ* απόδειξ* φάκελ* υπόθεσ* תורך מספר_התור בתור רציף
שער פוליסה רישוי מונה הזמנה ההזמנה הזמנתך להזמנה אסמכתא אסמכתה חשבונית קבלה כרטיס_נסיעה חבילה
החבילה משלוח המשלוח מעקב עסקה העסקה פעולה פנייה פנייתך בקשה הבקשה לקוח חוזה תור טיסה מושב חדר
יתרה היתרה חבר objedn* referen* vstupenk* jízdenk* balík* zásilk* relac* požadav* zákazn*
smlouv* schůzk* letu číslo_letu sedadl* pokoj zůstat* měřič* účtenk* operac* žádost* 整理券
待ち番号 呼び出し番号 お呼び出し番号 発券番号 順番 ホーム 番線 車番 契約番号 証券番号 契約
案件番号 納税 マイナンバー メーター 会員証 請求 追跡コード 追跡 郵便 エラー エラーコード 故障
診察券 診察券番号 チケット 门票 門票 入场券 票号 티켓 입장권 排队号 排队号码 排隊號碼 叫号 叫號
取号号码 号牌 排号 候诊号 站台 车牌 車牌 车牌号 合同号 合同编号 合同 税号 案件编号 案件 受理编号
受理号 保单号 保單 保单 电表 水表 邮政 错误 錯誤 故障码 故障代码 登机口 挂号 取票号 대기번호
대기_번호 대기 순번 호출번호 차량번호 계약 보험증권 증권번호 사업자번호 오류 에러 고장 우편
게이트 승강장 접수 번호표 사건 หมายเลขคิว เลขคิว คิวที่ บัตรคิว ชานชาลา ประตู กรมธรรม์ ทะเบียนรถ
ทะเบียน
เลขผู้เสียภาษี ไปรษณีย์ ข้อผิดพลาด รหัสข้อผิดพลาด รหัสพัสดุ หมายเลขพัสดุ เลขที่สัญญา เลขอ้างอิง
注文 ご注文 注文番号
問い合わせ番号 お問い合わせ番号 問合せ番号 伝票番号 追跡番号 会員番号 お客様番号 予約番号 予約
受付番号 受付 整理番号 請求書 請求番号 取引番号 取引 セッション 便名 座席 部屋 残高 検針 指針
配送 荷物 管理番号 ＱＲコード バーコード クーポン クーポンコード プロモコード 商品コード
店舗コード 会員 郵便番号 品番 型番 バージョン 订单 訂單 订单号 訂單號 订单编号 訂單編號 单号
單號 运单 運單 快递 包裹 流水号 交易号 交易编号 参考号 參考編號 编号 編號 客户号 客户编号
客戶編號 会员号 會員 预约 預約 航班 座位 房间 取号 余额 餘額 账单 帳單 发票 發票 工单 会话
請求編號 请求 申请 版本 优惠码 優惠碼 折扣码 折扣碼 兑换码 兌換碼 优惠券 優惠券 条形码 条码 條碼
二维码 二維碼 邮编 邮政编码 郵遞區號 推广码 促销码 邀请码 错误代码 錯誤代碼 区号 區號 股票代码
주문번호 주문 송장 송장번호 운송장 운송장번호 예약번호 예약 접수번호 고객번호 회원번호 거래번호
거래 참조번호 조회번호 세션 요청번호 항공편 좌석 객실 잔액 잔고 영수증 청구서 계약번호 검침 버전
민원 택배 쿠폰 쿠폰번호 할인코드 프로모션코드 바코드 우편번호 오류코드 에러코드 상품코드
사건번호 문의번호 คำสั่งซื้อ หมายเลขคำสั่งซื้อ ออเดอร์ พัสดุ เลขพัสดุ ใบเสร็จ ใบแจ้งหนี้ อ้างอิง
หมายเลขอ้างอิง
รหัสอ้างอิง รหัสไปรษณีย์ การจอง ตั๋ว รายการ ธุรกรรม ลูกค้า สมาชิก สัญญา นัดหมาย เที่ยวบิน
ที่นั่ง ห้อง ยอดคงเหลือ
คงเหลือ มิเตอร์ คำขอ เซสชัน คูปอง โค้ดส่วนลด รหัสส่วนลด บาร์โค้ด บาร์โคด รหัสพื้นที่ รหัสลูกค้า
รหัสสินค้า คิว buono
buoni cadeaubon* presentkort* gavekort* gjafabréf* gjafakort* lahjakort* gutschein* poukaz*
tichet* сертификат* сертифікат* ваучер* δωροεπιταγ* çeki phiếu baucar ギフト券 商品券 상품권
礼品卡 礼券 قسيمة بن_خرید שובר वाउचर บัตรกำนัล rekod direkod direkodkan merekod complaint klage*
reklamac* reklamation* жалоб* скарг* şikayet* khiếu_nại lottery losnummer*
guichet guichets ventanilla ventanillas sportello balcão guichê loket balie okienk* luck* luke
skranke* tiski* tiskill* palvelupiste* gjaldker* ghișeu* ghiseu* окно окне окошк* вікно вікні
гише gişe* vezne* okénk* přepážk* θυρίδα θυρίδας γκισέ شباك الشباك باجه דלפק אשנב काउंटर
เคาน์เตอร์ quầy kaunter 窓口 창구 窗口 柜台 formular* formulaire formulario formulário formularz*
blankett* skjema* lomake* eyðublað formularul форм* бланк* borang biểu_mẫu نموذج فرم טופס फॉर्म
แบบฟอร์ม 表单 表單 様式 양식 van truck taxi camion camión furgone caminhão vrachtwagen busje
furgon*
ciężarów* авто машин* автомобил* 车号 車號
form forms inspection inspections
desk schalter* timesheet* worksheet* spreadsheet*
login_name log_in_name user_name login_id benutzername* benutzerkennung* nutzername* anmeldename*
nom_d'utilisateur identifiant_de_connexion nombre_de_usuario nome_utente nome_de_usuário
nome_de_utilizador gebruikersnaam* användarnamn* brugernavn* brukernavn* käyttäjätunnu*
käyttäjänim* nazwa_użytkownika uživatelské_jméno nume_de_utilizator логин логина логін логіна
потребителско_име kullanıcı_adı kullanıcı_adınız tên_đăng_nhập tên_người_dùng nama_pengguna
notandanafn* όνομα_χρήστη שם_משתמש שם_המשתמש اسم_المستخدم نام_کاربری यूज़रनेम यूजरनेम 用户名 用戶名
帐号 帳號 ユーザー名 ユーザーid ログインid 아이디 사용자명 ชื่อผู้ใช้
atm geldautomat* automat automaten distributeur cajero caixa_eletrônico bancomat* geldautomaat
automaat minibank* pankkiautomaat* automaatilla банкомат* bankamatik* bankomat* ตู้เอทีเอ็ม
自助机 提款机
error erreur fehler errore erro eroare fout ошибка помилка грешка błąd chyba fejl feil fel virhe
villa hata σφάλμα שגיאה خطأ خطا خطای त्रुटि lỗi kesalahan galat ralat
kliencie zákazníku amount amounts amt total sum betrag betrags importe importo montant valor totale
totaal bedrag kwota kwoty kwotę kwocie сумма сумму суммы сумме сума суму суми сумата итого
belopp beloppet beløb beløbet beløp beløpet summa summan upphæð upphæðin tutar tutarı toplam
jumlah số_tiền so_tien tổng ยอด จำนวนเงิน 金额 金額 금액 합계 المبلغ مبلغ סכום הסכום राशि
částka částku částky suma sumei ποσό ποσού
"""

# Places and things that have a number and may also have a code: "room 12", but "door code 4821".
PLACE = """
office büro bureau oficina ufficio escritório kantoor biuro kontor toimisto офис офіс ofis
skrifstofa 事務所 사무실 办公室 gate room locker building floor bay door desk apartment flat
suite seat platform bus terminal store branch session agent meeting app parking safe zimmer
chambre habitación quarto camera kamer pokój rum rom huone cameră стая кімната комната
номер_комнаты oda kamar bilik phòng herbergi غرفة الغرفة اتاق कमरा δωμάτιο חדר pokoj 部屋 房间
객실 ห้อง sesión sessão sessione sessie sesja sesji сессия сеанс oturum sesi phiên جلسة نشست सत्र
συνεδρία atm geldautomat* automat automaten distributeur cajero bancomat* bankomat*
minibank* банкомат* שער البوابة ประตู
"""

# A code with one of these beside it is no one-time code.
BAD = """
магазин* филиал* отделени* відділенн* клон tienda sucursal magasin agence negozio filiale loja
agência winkel* filiaal* sklepu oddziału butiks* avdelings* filial* myymälä* toimipiste*
magazinului sucursalei mağaza* şube* toko cabang cawangan kedai cửa_hàng chi_nhánh verslunar*
المتجر الفرع فروشگاه شعبه स्टोर शाखा καταστήματος חנות סניף prodejny pobočky 店舗 门店 支店 매장
지점 สาขา decode encode unicode geocode opcode recode zipcode transcode trace promo promotion*
promotional discount* article produit produits prodotto producto produto reservation booking
réservation réservations prenotazione prenotazioni rezervare rezervacji bookings coupon voucher
referral invite zip postal post area dialling dialing dial country error errors fault bar qr
product item sort swift branch store colour color dress source iata hs sku rate tariff offer
gift redeem cheat status exit response tax ussd réduction promotionnel parrainage postale
postaux erreur barres pays cadeau remise indicatif gutschein* rabatt* aktions* vorwahl*
postleit* plz fehler* barcode* strichcode* werbe* produktcode* länder* artikel* qrcode* qrkod*
qr_code descuento promocional cupón barras país área regalo zona referido desconto cupom ddd cep
indicação erro brinde sconto sconti errore barre prefisso cap promozionale kortings* korting
actie* streepjes* netnummer* fout* landcode* productcode* postcode* kassacode rabatow*
promocyjn* pocztow* kreskow* błęd* kierunkow* kraju rabat* kupon* kampanj* post postens postnummer*
postkod* postinummer* postal* города региона страны оператора міста регіону країни
strecj* streck* felkod* riktnummer* landskod* presentkort* värde* strek* postnr feil* feilkode*
landkode* kampanje* tilbud* gave* streg* fejl* landekode* områdekode* retnings* stregkode*
gavekort* alennus* tarjous* etukoodi* posti* viiva* virhe* suunta* maakoodi* kampanja* lahja*
reducer* promo* poștal* postal* eroare cupon zonei țării bare промо* отстъпк* пощенск* баркод*
грешк* телефонен ваучер* промокод* знижк* поштов* штрих* помилк* скидк* скидоч* почтов* ошибк*
купон* regiona skidk* promokod* indirim* promosyon* posta* barkod* hata* alan ülke kampanya*
hediye* davet* promosi diskon potongan pos kodepos kupon galat kesalahan wilayah negara batang
diskaun poskod baucar ralat kawasan afslátt* póstnúmer* strikamerki* villu* svæðis* الخصم خصم
تخفيض البريدي بريدي الشريطي خطأ الخطأ المنطقة الدولة القسيمة ترويجي الترويجي تخفیف پستی بارکد
خطا هدیه معرف डिस्काउंट छूट पिन_कोड प्रोमो कूपन बारकोड एरर त्रुटि εκπτωτικ* έκπτωσ* ταχυδρομικ*
προσφορ* κουπόνι* σφάλμα* σφάλματος barcode δώρο* γραμμωτ* hiba* błędu chyby грешка за_грешка
تعذر عطل خطای خطاي ارور πρόβλημα* βλάβ* qusur arıza* lỗi sự_cố gangguan kerosakan bilun* vik*
ongelma* vika* problem* störung* panne défaut avería falha guasto storing fel eroarea defect
ошибки помилки הנחה קופון מיקוד תקלה ברקוד שגיאה אזור מתנה slev* slevov* poštovn* psč chyb*
čárov* dárkov* směrov* směrovac* produkt* produs* товар* продукт* προϊόν* προϊόντ* ürün sản_phẩm
barang produk منتج المنتج کالا محصول מוצר המוצר פריט उत्पाद zboží vöru* varu* varekod*
varenummer* waren* warencode tuotekood* tuote* artikelcode project* projekt* proyecto projet
progetto projeto проект* proje dự_án proyek projek プロジェクト 프로젝트 项目 專案 مشروع المشروع
پروژه פרויקט प्रोजेक्ट โครงการ
"""

# The four digits of a card or an account stand beside these.
TAIL = """
לכרטיס בכרטיס للبطاقة بالبطاقة
card cards account acct a/c ac acc ending carte compte terminant karte kreditkarte bankkarte
*karte konto kontos kontot kontoen tarjeta cuenta terminada cartão conta final carta conto
terminante *kaart kaart pas rekening eindigend karta karty kartą kartę rachunek konta końców*
kort kortet *kort *kortet slutar kortti korttisi *kortti kortilla tili tilin päättyvä
card|ul|ului cont contul terminat карта карти картата картою картой карты карту карте сметка
картка картки рахунок рахунку счет счета счёт счету kart kartı kartınız kartınızla kartınızdan
kartla hesap hesabınız biten kartu berakhiran kad akaun berakhir thẻ the_tin_dung tk tài_khoản
tai_khoan kort* kortið reikning* البطاقة بطاقة بطاقتك حساب حسابك الحساب المنتهية تنتهي کارت
कार्ड खाते खाता समाप्त κάρτα κάρτας λογαριασμ* λήγει_σε כרטיס כרטיסך הכרטיס חשבון המסתיים מסתיים
kartou kartě účet účtu končí* 尾号 尾號 末尾 下4桁 末四位 卡号 卡 账户 帳戶 账号 口座 カード
카드 계좌 끝자리 บัตร บัญชี ลงท้าย visa mastercard amex mir maestro
"""

# A number to call or to write to stands beside these.
PHONE = """
ho_tro hotro tong_dai горячая_линия гаряча_лінія справочная довідкова кіберполіція киберполиция
forward_it_to signalez transférez pengaduan aduan to_cao tố_cáo بلاغات گزارش מוקד καταγγελίες δίωξη
call calls phone phones report report_it_to forward_to tel telephone mobile helpline hotline fax
whatsapp viber sms_to text_to dial ring contact helpdesk stop unsubscribe customer_service
support_line appelez appeler téléphone tél numéro_vert contactez anrufen rufen ruf telefon*
hilfe kontakt* llame llama llamar teléfono tfno línea ligue telefone fone chame chiama chiami
telefono assistenza numero_verde bel bellen telefoon* dzwoń zadzwoń infolini* ringa kundtjänst
ringe soita puhelin* puh sunați sună telefon обадете обади телефон* тел зателефонуйте дзвоніть
позвоните звоните telefon|u arayın arayınız ara telepon hubungi hub talian gọi goi điện_thoại
liên_hệ lien_he hringdu sími síma اتصل الاتصال هاتف الهاتف تماس تلفن फोन कॉल संपर्क हेल्पलाइन
καλέστε τηλέφωνο τηλ κάλεσε התקשר התקשרו חייג חייגו טלפון טל volejte zavolejte linka 電話
電話番号 お電話 問い合わせ 问询 咨询 详询 垂询 諮詢 洽詢
客服 热线 熱線 拨打 撥打 致电 致電 电话 分机 詢問 문의 전화
고객센터 상담 โทร ติดต่อ สายด่วน
сообщите_на повідомте_на сообщайте_на denuncie reporta reporte signalez segnala segnalalo zgłoś
zgłaszaj hlaste nahlaste meld_het meld_misbruik meld_fraude anmäl_till anmeld_til meld_fra_til
raportați laporkan lapor bildirmek_için 신고 通報 举报 舉報 our_number unsere_nummer notre_numéro
nuestro_número nosso_número nostro_numero ons_nummer vårt_nummer vores_nummer nasz_numer
naše_číslo numărul_nostru нашият_номер наш_номер
du_numéro depuis_le_numéro par_le_numéro au_numéro desde_el_número del_número al_número dal_numero
al_numero do_número pelo_número ao_número van_nummer naar_nummer från_nummer till_nummer fra_nummer
til_nummer frá_númerinu frá_númeri numerosta numeroon z_numeru na_numer z_čísla na_číslo
de_la_numărul la_numărul от_номер на_номер с_номера с_короткого_номера з_номера на_номер
από_τον_αριθμό στον_αριθμό ממספר למספר من_الرقم إلى_الرقم از_شماره به_شماره dari_nomor ke_nomor
dari_nombor ke_nombor từ_số từ_đầu_số đến_số numarasından numarasına
"""

# Words of offers and notices; with a plain "code" they make it somebody else's code.
MARKETING = """
learn_to_code supplier_code vendor_code
spar spare sparen sparst économis* ahorra* ahorre poupe poupa risparmi* spara sparaðu säästä*
oszczęd* ušetř* economis* сэконом* зеконом* заощад* спест* εξοικονομ* tasarruf tiết_kiệm hemat
jimat وفر ووفر חסכו बचाएं बचाएँ ประหยัด 折 立减 立享 立減 引き 할인받 ostoskori handlekurv* kurven
körfu* troli keranjang giỏ_hàng סל_הקניות السلة سبد कार्ट ตะกร้า 购物车 購物車 カート 장바구니
off_your off_all off_everything off_with off_when off_at off_on sale sales discount discounts
deal deals offer offers promo save savings free win winner prize points earn refer reward
rewards checkout cashback bonus voucher coupon loyalty gift subscribe soldes remise offre
gratuit gagnez cadeau réduction panier rabatt angebot angebote gratis gewinnen punkte prämie
kasse gutschein warenkorb descuento oferta ofertas gana puntos ahorra premio regalo carrito
desconto promoção grátis ganhe pontos economize prêmio frete carrinho sconto sconti offerta
vinci punti risparmia carrello korting aanbieding punten kassa bespaar zniżk* rabat* promocj*
promocja darmow* wygraj punkt* koszyk* rea erbjudande vinn poäng kassan tilbud vind poeng point
rabat kassen alennus* alennuks* *tilbud *tilbuddet *erbjudande ale tarjous* ilmai* voita pisteitä
kassalla reducer* ofert* câștig* puncte coș отстъпк* оферт* безплат* спечел* точки количк* промоци*
знижк* акці* безкоштовн* виграй* бали бонус* кошик* скидк* акци* бесплатн* выигра* баллы баллов
корзин* распродаж* indirim* kampanya* ücretsiz kazan* puan* sepet* hediye* diskon menangkan poin
hadiah gratis_belanja voucher_belanja diskaun percuma mata jualan giảm giảm_giá giam_gia khuyến_mãi
khuyen_mai miễn_phí mien_phi điểm trúng quà ưu_đãi afslátt* tilboð* ókeypis vinn* punkta* خصم عرض
عروض مجانا مجاني اربح نقاط نقطة تسوق تخفیف جایزه رایگان امتیاز छूट ऑफर मुफ्त मुफ़्त जीतें अंक_कमाएं
सेल पॉइंट
έκπτωσ* προσφορ* δωρεάν κέρδισ* πόντο* καλάθι* הנחה מבצע חינם זכה נקודות סל slev* akc* zdarma
vyhra* bod* košík* 割引 セール 無料 当選 ポイント お買い物 オフ 特典 キャンペーン 优惠 優惠 折扣
打折 免费 免費 积分 積分 抽奖 中奖 满减 할인 세일 무료 당첨 포인트 혜택 이벤트 ส่วนลด ลดราคา
ลดทันที ลด ฟรี ชิงรางวัล แต้ม คะแนน โปรโมชั่น โปรโมชัน ช้อป
draw raffle sweepstake* giveaway prize_draw black_friday cyber_monday black_week half_price
verlosung gewinnspiel* tombola verlos* gewinnst halber_preis tirage_au_sort tirage gagner
jeu_concours moitié_prix sorteo rifa sorteio sorteios estrazione_a_premi concorso viernes_negro
loterij prijsvraag win_kans losowani* konkurs* czarny_piątek utlottning* tävling* utlodning*
konkurranse* lodtrækning* arvonta* arvonnas* tombólá* útdrátt* happdrætti tombolă extragere
розыгрыш* разыгрыв* черная_пятница розіграш* чорна_п'ятниця выиграй выиграйте томбола жребий
çekiliş* undian cabutan_bertuah bốc_thăm rút_thăm السحب سحب_على الجمعة_البيضاء الجمعة_السوداء
قرعه‌کشی הגרלה בלאק_פריידי लकी_ड्रॉ ड्रॉ κλήρωσ* slosování losování výhru výherní 抽選
ブラックフライデー 黑色星期五 黑五 추첨 블랙프라이데이 จับรางวัล gana_un gana_una vinci_un
ganhe_um gagnez_un
winning gewinnzahl* gewinnnummer* gagnant gagnante ganador ganadora vincente sorteado sorteada
vencedor winnend winnende wygrywając* zwycięsk* vinnande vinnar* vinner* vinder* voittonumero*
voittava vinnings* câștigător castigator выигрышн* виграшн* печеливш* kazanan výherní_číslo
pemenang trúng_thưởng الفائز برنده הזוכה विजेता ที่ถูกรางวัล νικητ* 当選番号 中奖号码 당첨번호
with_friends
invite_friends
"""


# People who are told a code; their names begin like those of customers and calls.
PERSON = """
kundebehandler* kundeservice* kundrådgivar* kundenberater* kundendienst* kundtjänstmedarbetar*
asiakaspalvelij* asiakasneuvoj* klantenservice* klantadviseur* klantmedewerker konsultant*
müşteri_temsilci* viðskiptastjór* þjónustufulltrú* conseiller conseillère агент* 상담원 상담사
客服人员 客服专员 客服人員 店员 司机 骑手 オペレーター 担当者 係員 配達員 ドライバー
"""

# Follows something on its way: "track your parcel with code ...".
FOLLOW = """
track tracking trace tracing follow_your verfolg* sendungsverfolgung suivez suivre suivi pistez
rastre* sigue siga seguir seguimiento localiza localice acompanh* rastreie rastrei* segui segua
seguire traccia traccia* volg volgen spåra spåras följ følg spor spore følge fylgstu fylgjast
rekja seuraa seuraat seurata śledź śledzić śledzen* sledujte sleduj sledovat sledován* urmărește
urmăriți urmărire urmăr* отслед* проследит* следит* відстеж* відслідк* простеж* проследе*
проследя* следе* παρακολουθ* εντοπ* izle izleyin izleyebil* takip theo_dõi tra_cứu theo_doi
jejak menjejak jejaki lacak melacak pantau تتبع تتبّع لتتبع تابع ردیابی رهگیری پیگیری دنبال עקבו
עקוב מעקב למעקב ट्रैक ट्रैकिंग 追跡 配送状況 조회 추적 查询 查詢 追踪 追蹤 跟踪 物流 ติดตาม
ตรวจสอบสถานะ
"""

# "Card ending in 3381", on either side of the digits.
ENDING = """
ending ends endend* endet endziffer* terminant terminé terminée finissant termina terminada
terminado acabada acabado final finale terminante terminano eindigend* eindigt slutar slutsiffr*
ender slutter endar endandi päättyv* päättyy loppuosa kończąc* końców* kończy końcí* končíc*
končí terminat termină terminând заканчива* оканчива* закінчу* завършва* λήγουσα λήγει καταλήγει
τελειώνει biten sonu đuôi kết_thúc tận_cùng berakhiran berakhir 末尾 下4桁 끝자리 끝번호 끝나는
尾号 尾號 末四位 终わる 終わる المنتهية تنتهي المنتهي ينتهي منتهی ختم המסתיים מסתיים המסתיימת
מסתיימת अंतिम समाप्त ลงท้าย
"""
