"""Words that make a number a measure: money, time, counts, months, in 31 languages.

The notation is that of `otp_words_codes`.
"""

from __future__ import annotations

__all__ = [
    "COUNT",
    "HOURS",
    "LATE",
    "MONEY",
    "MONEY_BEHIND",
    "MONEY_CAPITALS",
    "MONEY_POINTED",
    "MONTH",
    "MORE",
    "NUMBERED",
    "NUMBERING",
    "OF",
    "TIME",
]

MONEY = """
usd eur gbp jpy cny rmb cad aud nzd chf sek nok dkk isk pln czk huf bgn uah rur tl inr idr myr
sgd hkd twd krw thb vnd vnđ brl mxn clp ils nis irr aed sar egp qar kwd zar ngn kes pkr bdt lkr
lei leu leva lev € $ £ ¥ ₽ ₹ ₺ ₴ ₩ ₫ ฿ ₪ ﷼ zł zl zlot* kč kc kr kronor kroner krónur króna
kronen korun koruna ft rp rupiah rm ringgit r$ rs rupees rupee rupii лв лева грн гривен* гривн*
р руб рубл* ₸ тг dollar* euro* euroa eurot pound* pounds franc* franken pesos peso reais soles
yen yuan baht đ đồng dong lira lirası liras tl'lik د.إ درهم ريال ریال ریالی دينار جنيه تومان
تومن ليرة دولار یورو यूरो रुपये रुपए रु रुपया ευρώ ευρω ש"ח שח שקל שקלים דולר nt 元 円 圆 圓 块 塊
人民币 美元 欧元 원 บาท ดอลลาร์ sfr
bs ksh tsh ush ghs tzs ugx rwf etb zmw mzn xaf xof kzt uzs azn mdl rsd mkd jod omr bhd tnd dzd lbp
iqd byn pyg uyu crc gtq hnl nio jmd ttd mmk khr npr amd usdt usdc fcfa cfa f_cfa dh dhs dinar*
dirham* cedi cedis naira shilling* lempiras bolívares quetzales guaraníes сум so'm soʻm
"""

# Currencies that are ordinary words when they are not written in capitals.
MONEY_CAPITALS = "try pen cop php ron ars rub mad sol won gel bam bob mur lak dop"

# Currencies only behind an amount: before a number they are other words.
MONEY_BEHIND = "won ден денари денара btc eth"

# Currencies that are written with a full stop before an amount.
MONEY_POINTED = "rs rp rm kr fr sfr bs ksh sh tk lps gs dh"

TIME = """
m s h min mins minute* sec secs second* hr hrs hour* day days week* month* year* yrs minut*
seconde* heure* jour* semaine* mois an ans minuten sekunde* stunde* tag tage tagen woche* monat*
jahr* segundo* hora horas día días dia dias semana* mes meses mês año años ano anos minuto
minuti secondi ore ora giorno giorni settiman* mesi anni uur uren dag dagen seconden weken
maand* jaar minuty sekund* godzin* godz dni dzień tygodn* miesi* lat lata timmar timme dygn
dagar vecka veckor månad* år time timer døgn dage uke uker uge uger måned* sekunti* minuutti*
minuuttia tunti* tuntia päivä* viikko* kuukau* vuo* zile zi săptămân* luni oră secunde минут*
мин секунд* сек час часа часове ден дни дня дней ч хв хвилин* годин* год доба діб дн сут часов
dakika* dk saniye* sn saat* gün* hafta* yıl menit detik jam hari minggu bulan tahun minit saat
phút phut giây giay giờ gio ngày ngay mínút* mín sekúnd* klukkustund* klst dag* daga دقيقة دقائق
دقایق ثانية ثواني ساعة ساعات يوم أيام دقیقه ثانیه ساعت روز मिनट सेकंड घंटे घंटा दिन λεπτ*
δευτερόλεπτ* ώρα ώρες ωρών ημέρ* μέρες דקות דקה שניות שעה שעות ימים יום minutách hodin* dnů dny
den 分 分間 秒 秒間 時間 日間 分钟 分鐘 秒钟 小时 小時 天 日 月 年 時 时 点 點 號 号 분 초 시간
일 시 월 년 นาที วินาที ชั่วโมง วัน น.
"""

# Words before an hour or a day.
LATE = """
until till through thru by before after since from in bis ab seit jusqu'à jusqu'au jusqu'en
hasta antes até alle entro fino al tot t/m do t.o.m til inntil asti saakka până до к kadar
hingga sampai sehingga đến den حتى تا έως μέχρι עד to: 至 ถึง valid
"""

HOURS = "am pm a.m p.m uhr hrs gmt utc cet est pst h น"

COUNT = """
lessons videos songs movies photos files subscribers followers accounts emails votes series edition
lektionen leçons lecciones aulas lezioni lessen lekcji lektioner уроков бонуса бонусов бонусів
% ° percent pct points pts point tries try attempts attempt times people customers users members
restaurants shops stores locations items pieces pcs units nights guests km mi miles kg g gb mb
kb tb mhz kwh kw ml cl l lb lbs oz steps calories cal views likes followers sms messages
minutes_left jobs seats places rooms cities countries years_old coins credits stars tokens_left
bonus_points fois essais tentatives personnes magasins versuche* versuchen mal punkte* personen
filialen läden intentos veces puntos personas tiendas tentativas vezes pontos pessoas lojas
tentativi volte punti persone negozi pogingen keer punten mensen winkels prób próby razy punktów
punkty osób sklepów försök gånger poäng personer butiker forsøk ganger poeng butikker forsøg
gange yritystä kertaa pistettä henkilöä myymälää încercări ori puncte persoane magazine опита
пъти точки души магазина спроб разів балів бали магазинів осіб попыток попытки раз баллов балла
человек магазинов deneme kez puan kişi mağaza percobaan kali poin orang toko cubaan mata kedai
lần điểm người cửa_hàng lan diem nguoi tilraun* sinnum punkta* مرات محاولات نقطة نقاط شخص متجر
بار تلاش امتیاز نفر فروشگاه बार प्रयास अंक लोग दुकान पॉइंट पॉइंट्स προσπάθει* φορές πόντο* άτομα
καταστήμα* ניסיונות פעמים נקודות אנשים חנויות pokus* krát bodů lidí obchodů 회 번 명 개 점
포인트 곳 個 個人 回 名 件 人 枚 ポイント 店舗 次 个 家 积分 分積分 位数 桁 자리 หลัก ครั้ง คน แต้ม
คะแนน สาขา ร้าน cifre cyfr* haneli digit digits chiffres ziffern stellig* stellen cijfers dígitos
"""

MONTH = """
jan january feb february mar march apr april may jun june jul july aug august sep sept september
oct october nov november dec december janv* janvier févr* février mars avril avr mai juin
juillet juil août septembre octobre novembre décembre januar februar märz juli oktober dezember
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre janeiro
fevereiro março maio junho julho setembro outubro novembro dezembro gennaio febbraio aprile
maggio giugno luglio settembre ottobre dicembre januari februari maart mei juni augustus
stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada
grudnia augusti desember tammi* helmi* maalis* huhti* touko* kesä* heinä* elokuu* syys* loka*
marras* joulu* ianuarie februarie martie aprilie iunie iulie septembrie octombrie noiembrie
decembrie ян* януари февр* март* апр* апрел* май мая юни юли авг* авгус* сеп* септ* окт* октом*
ное* ноя* дек* декем* січ* січня лют* берез* квіт* трав* черв* лип* серп* верес* жовт* листоп*
груд* янв* февраля июн* июл* сентяб* октяб* нояб* декаб* ocak şubat mart nisan mayıs haziran
temmuz ağustos eylül ekim kasım aralık maret agustus mac ogos disember janúar febrúar apríl maí
júní júlí ágúst nóvember يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر
ديسمبر فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند जनवरी फरवरी मार्च
अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर ιανουαρ* φεβρουαρ* μαρτ* απριλ* μαΐου ιουν* ιουλ*
αυγούστ* σεπτεμβρ* οκτωβρ* νοεμβρ* δεκεμβρ* ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר
אוקטובר נובמבר דצמבר ledna února března dubna května června července srpna září října listopadu
prosince ม.ค ก.พ มี.ค เม.ย พ.ค มิ.ย ก.ค ส.ค ก.ย ต.ค พ.ย ธ.ค
"""

# "No. 5", "nr 5": says that a number follows, and nothing else.
NUMBERING = """
no nr n° nº num # № no: numer nro núm č čís αρ מס ที่ เลขที่ רقم numaralı numarası ending in with
terminée par endend auf mit en con por com che termina met op na om på numeron končící
"""

# "12345 numaralı sipariş": says that what follows has the number before it.
NUMBERED = "numaralı numarali nolu lu sayılı sayili 番 番の 号 號 번 नंबर संख्या"

# Between a counter and the whole: "1 of 3".
OF = """
of von sur de di van av af z ze din из із з от από trên trong dari daripada من از מתוך में 의 の /
|
"""

# "4500 more": so many of something, and no code.
MORE = """
more mehr weitere más mais meer mer mere fler flere lisää więcej dalších еще ще още ακόμα ακόμη
daha nữa और עוד
"""
