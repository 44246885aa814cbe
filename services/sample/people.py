"""The customers of Rosie's Bakery. Nobody here exists; every server is a name nobody can register."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Customer:
    """``days``: age of the account. ``limited``: the server's moderators have hidden this account from
    strangers. ``known``: the shop follows them, so nothing of theirs is ever filtered."""

    key: str
    handle: str
    name: str
    note: str = ""
    followers: int = 120
    days: int = 700
    follows_shop: bool = False
    limited: bool = False
    known: bool = False


CUSTOMERS: tuple[Customer, ...] = (
    Customer(
        "marta",
        "marta@fika.example",
        "Marta Lindqvist",
        "Mother of three, reader of everything",
        214,
        1200,
        True,
    ),
    Customer("tom", "tomhadley@oldtown.example", "Tom Hadley", "Trains, tea, Saturdays", 86, 900),
    Customer(
        "ines", "ines@praca.example", "Inês Duarte", "Arquitecta. Lisbon, now here", 531, 640, known=True
    ),
    Customer(
        "cafe",
        "cafeampark@gastro.example",
        "Café am Park",
        "Coffee under old trees. 8 to 19",
        1900,
        1500,
        True,
        known=True,
    ),
    Customer("fennel", "fennel@supper.example", "Fennel & Oats", "Two cooks without gluten", 3120, 800),
    Customer(
        "piet", "piet@polder.example", "Piet Verhoeven", "Cyclist. Will ride for bread", 402, 1100, True
    ),
    Customer("noor", "noor@crumbs.example", "Noor", "Sourdough diary", 77, 300),
    Customer("agnes", "agnes74", "Agnes Whitlow", "Retired, not tired", 31, 210),
    Customer("dev", "dev@northside.example", "Dev Malhotra", "Office manager by day", 190, 950),
    Customer("jonas", "jonas@werkstatt.example", "Jonas Brandt", "Schreiner", 145, 1300),
    Customer("camille", "camille@ruelle.example", "Camille Roche", "Traductrice, gourmande", 260, 1010),
    Customer("lucia", "lucia@plaza.example", "Lucía Ferrer", "Profe de música", 322, 560),
    Customer("rui", "rui@praca.example", "Rui Antunes", "Padaria é casa", 98, 450),
    Customer("giulia", "giulia@cortile.example", "Giulia Moretti", "Fotografa di provincia", 611, 730),
    Customer("samira", "samira@medina.example", "سميرة", "أمّ وطبيبة أسنان", 143, 400),
    Customer("yael", "yael@gan.example", "יעל", "Cakes and cats", 88, 380),
    Customer("bea", "bea@schoolrun.example", "Bea Okafor", "Parents' council, Hill Street School", 150, 820),
    Customer("henrik", "henrik@fjell.example", "Henrik Dahl", "Kitchen scales do not lie", 57, 1400),
    Customer("olga", "olga@oldtown.example", "Olga Brennan", "Sharp tongue, good heart", 940, 1600),
    Customer("max", "maxk@oldtown.example", "Max Kettler", "I say it as it is", 66, 520),
    Customer("priya", "priya@northside.example", "Priya Nair", "Two boys, one allergy", 205, 610),
    Customer("will", "will@harbour.example", "Will Ashdown", "Harbour master's office", 112, 1000),
    Customer("greta", "greta@uni.example", "Greta Sommer", "PhD student, powered by buns", 480, 300, True),
    Customer("kofi", "kofi@uni.example", "Kofi Mensah", "Physics and pastry", 371, 260),
    Customer("lin", "lin@tea.example", "Lin Zhao", "Tea shop on Mill Lane", 720, 900),
    Customer("pavel", "pavel@kolej.example", "Pavel Dvořák", "Trams", 54, 777),
    Customer(
        "hanna", "hanna@weddings.example", "Hanna Vogel", "Getting married in May", 130, 240, known=True
    ),
    Customer("nils", "nils@weddings.example", "Nils Aronsson", "Also getting married in May", 90, 240),
    Customer("ruth", "ruth@choir.example", "Ruth Pemberton", "Alto", 65, 1800),
    Customer("amir", "amir@medina.example", "Amir Haddad", "Runs before bread", 210, 600),
    Customer("stella", "stella@stage.example", "Stella Marsh", "Lights and sound", 390, 500),
    Customer("otto", "otto@kolej.example", "Otto Lindner", "Rentner mit Hund", 40, 640),
    Customer("maeve", "maeve@harbour.example", "Maeve Doyle", "Ferry tickets and puns", 510, 880),
    Customer("theo", "theo@supper.example", "Theo Lambert", "Eats out, writes it down", 2400, 1200),
    Customer("ana_l", "anal@fika.example", "Ana Lopes", "No relation to the baker", 70, 410),
    Customer("joy", "joy@choir.example", "Joy Adeyemi", "Soprano, sugar", 160, 700, True),
    Customer("viktor", "viktor@werkstatt.example", "Viktor Holm", "Roofs", 33, 520),
    Customer("ella", "ella@schoolrun.example", "Ella Winter", "", 18, 60),
    Customer("quiet", "m_l_77@blau.example", "M. L.", "", 2, 12),
    Customer("sofia", "sofia@plaza.example", "Sofía Navarro", "Vecina nueva", 45, 90),
    Customer("bruno", "bruno@cortile.example", "Bruno Ricci", "Caffè, poi parliamo", 81, 350),
    Customer("ivy", "ivy@northside.example", "Ivy Clarke", "Wheelchair, two cats, opinions", 640, 1250),
    Customer("karl", "karl@werkstatt.example", "Karl Ebert", "", 22, 800),
    Customer("mina", "mina@uni.example", "Mina Park", "Exam season", 133, 200),
    Customer("dora", "dora@oldtown.example", "Dora Finch", "Walks and museum shops", 97, 1340),
    Customer("lars", "lars@fjell.example", "Lars Eide", "", 41, 500),
    Customer("petra", "petra@polder.example", "Petra de Wit", "Florist", 233, 760),
    Customer("coinbot", "profit_daily_88@growth.example", "Daily Profit", "We make winners", 12, 5),
    Customer("seobot", "rankfast@growth.example", "Rank Fast Agency", "Top results guaranteed", 8, 9),
    Customer("loanbot", "easyloans24@cashnow.example", "Easy Loans 24", "", 3, 4, False, True),
    Customer("fanbot", "cheapfollowers@growth.example", "Followers4U", "", 5, 6),
)
