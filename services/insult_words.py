"""The words of ``insults``, language by language: small letters, no accents, one kind of apostrophe.

Left out is what is something else in one of the languages (*retard*, *batard*, a loaf), on a menu
(*faggots*, *puttanesca*), in the praise of a good customer ("fucking amazing", "puta madre que bueno") or in
an honest complaint ("you treat us like idiots").
"""

from __future__ import annotations

from typing import NamedTuple


class Language(NamedTuple):
    """``always``: phrases, wherever they stand. ``called``: words that insult whoever is called that.
    ``you``: what is said before them then."""

    always: tuple[str, ...]
    called: tuple[str, ...]
    you: tuple[str, ...]


def _lines(text: str) -> tuple[str, ...]:
    return tuple(one.strip() for line in text.strip().splitlines() for one in line.split(",") if one.strip())


_ENGLISH = Language(
    _lines("""
    fuck off, fuck you, fuck yourself, fuck yourselves, fuck the lot of you, go fuck, fucker, fuckers
    motherfucker, motherfuckers, fucking idiots, fucking morons, fucking thieves, fucking bastards
    fucking bitch, fucking pigs, fucking scum, fucking liars, fucking crooks, piece of shit
    pieces of shit, eat shit, full of shit you, shithead, shitheads, shit heads, dipshit, dipshits
    arsehole, arseholes, asshole, assholes, asswipe, asswipes, dumbass, dumbasses, jackass, jackasses
    cunt, cunts, wanker, wankers, dickhead, dickheads, dick heads, knobhead, knobheads, bellend, bellends
    twat, twats, tosser, tossers, douchebag, douchebags, scumbag, scumbags, slut, sluts, whore, whores
    suck my dick, suck my cock, stfu, gtfo, screw you, up yours, shove it up your, stick it up your
    go to hell, rot in hell, burn in hell, drop dead, kill yourself, kill yourselves, kys, i will kill you
    i'll kill you, going to kill you, gonna kill you, wanna kill you, i kill you all, hope you die
    hope you all die, hope you get cancer, hope you choke, hope you burn, hope you rot, you should all die
    you should die, you deserve to die, you should be shot, counter should be shot, hope your shop burns
    hope your place burns, burn your shop, burn your house, burn your place, burn down your shop
    burn down your house, beat you up, beat the shit out of, break your legs, break your neck
    break your face, smash your face, smash your head, smash your windows, punch your face
    watch your back, know where you live, find where you live, find out where you live, come and get you
    put a bullet, what's coming to you, deserve a kicking, deserve a good kicking, deserve a beating
    die in a hole, die in a fire, hope it burns, burns the place down, know what time you lock up
    hope you get what's coming, going to get what's coming, gonna get what's coming, waste of oxygen
    filthy scum, shut up you, stupid old hag, ugly old hag, old hag, fat and ugly, punchable face
    greedy bastards, robbing bastards, cheating bastards, filthy bastards, smug pigs, greedy pigs
    send them all back, send em all back, get back in the kitchen, stupid bitch, stupid bitches, fat bitch
    dumb bitch, stupid cow, fat cow, silly cow, ugly cow, fat pig, lying bastard, lying bastards
    thieving bastards, lying scum, thieving scum, stupid bastards, nigger, niggers, kikes, paki, pakis
    raghead, ragheads, towelhead, towelheads, filthy immigrants, dirty immigrants, filthy foreigners
    dirty foreigners, dirty jews, filthy jews, go back to your country, go back to your own country
    go back where you came from, go back to where you came from, you piece of crap, you piece of garbage
    you piece of trash, you disgusting pigs, you are pigs, you're pigs, you are disgusting pigs
    you're disgusting pigs, you are animals, you're animals, you are vermin, you're vermin
    you are parasites
    """),
    _lines("""
    idiot, idiots, moron, morons, bastard, bastards, scum, bitch, bitches, imbecile, imbeciles, prick
    pricks, retard, retards, cretin, cretins, halfwit, halfwits, vermin, inbred, inbreds, freak, freaks
    """),
    _lines("""
    you, you're, youre, ya, y'all, yall, your, yer, bunch of, pack of, shower of, lot of
    """),
)
_GERMAN = Language(
    _lines("""
    arschloch, arschlocher, arschgeige, arschgeigen, arschkriecher, wichser, hurensohn, hurensohne
    hurensohnen, vollidiot, vollidioten, vollpfosten, drecksau, drecksaue, drecksack, drecksacke
    dreckspack, dreckskerl, dreckskerle, drecksweib, missgeburt, missgeburten, miststuck, miststucke
    mistkerl, mistkerle, scheisskerl, scheisskerle, schlampe, schlampen, fotze, fotzen, nutte, nutten
    hure, huren, schwuchtel, schwuchteln, spasti, spastis, spacko, spackos, kanake, kanaken
    scheissauslander, drecksauslander, judensau, fick dich, fickt euch, fick deine, fickt eure, ficker
    verpiss dich, verpisst euch, leck mich am arsch, leckt mich am arsch, leck mich, leckt mich
    halt die fresse, haltet die fresse, halt deine fresse, halt's maul, halts maul, halt das maul
    halt dein maul, haltet das maul, haltet euer maul, halt die klappe, haltet die klappe
    halt einfach die fresse, haltet einfach die fresse, dummes maul, fresse polieren, eins auf die fresse
    eins in die fresse, geh sterben, geht sterben, verrecke, verreckt, verreckt doch, krepier
    krepiert doch, bring dich um, bringe dich um, bringe euch um, bring euch um, schlag dich tot
    schlage dich tot, stech dich ab, steche dich ab, stech euch ab, zunde euren laden, zunde deinen laden
    zunde euch, zunde ihren laden, brenne euren laden, fackel euch, fackle euren, hau dir, haue dir eine
    dumme kuh, blode kuh, dumme sau, blode sau, fette sau, faule sau, dummes schwein, dreckiges schwein
    dreckschwein, dreckschweine, du opfer, ihr opfer, du schwein, du sau, an die wand stellen
    auslander raus, scheiss auslander, ihr pack, geht zuruck wo ihr, geh zuruck wo du
    """),
    _lines("""
    idiot, idioten, schweine, spast, spasten, abschaum, bastard, bastarde, trottel, deppen, depp, affen
    penner, pisser, lappen, dummkopf, dummkopfe, schwachkopf, schwachkopfe, kretin, missgeburt
    """),
    _lines("du, ihr, sie, euch, haufen, bande, lauter, verdammte, verdammten, so ein, solche"),
)
_FRENCH = Language(
    _lines("""
    connard, connards, connasse, connasses, encule, encules, enculee, enfoire, enfoires, fils de pute
    fils de putes, sale pute, sales putes, grosse pute, va te faire foutre, vas te faire foutre
    allez vous faire foutre, allez tous vous faire foutre, va te faire enculer, allez vous faire enculer
    va te faire mettre, nique ta mere, nique ta race, nique tes morts, niquez vos, nique vos, ntm
    ta gueule, vos gueules, ferme ta gueule, fermez vos gueules, salope, salopes, salaud, salauds
    salopard, salopards, ordure humaine, gros porc, gros porcs, grosse vache, grosse truie, gros con
    gros cons, sale con, sales cons, pauvre con, pauvres cons, pauvre conne, pauvre type, bande de cons
    bande de connes, espece de con, espece de conne, espece de merde, espece de porc, bande de merdes
    sous merde, sous merdes, va crever, allez crever, crevez tous, allez tous crever, va mourir, va chier
    allez chier, je vais te tuer, je vais vous tuer, je vais te buter, je vais vous buter, te crever
    casser la gueule, peter la gueule, bruler votre magasin, bruler votre boutique, bruler ta boutique
    mettre le feu a votre, foutre le feu a votre, je sais ou tu habites, je sais ou vous habitez
    sale arabe, sales arabes, sale juif, sales juifs, sale noir, sales noirs, bougnoule, bougnoules
    sale etranger, sales etrangers, sale race, sale pede, sales pedes, espece d'abruti, espece d'idiot
    espece d'imbecile, bande d'abrutis, bande d'idiots, bande d'imbeciles, tas d'imbeciles, tas d'abrutis
    bande d'enfoires, espece d'enfoire, devrait vous pendre, devrait te pendre, ferme ta g
    retourne dans ton pays, retournez dans votre pays, rentrez dans votre pays
    """),
    _lines("""
    abruti, abrutis, abrutie, cretin, cretins, idiot, idiots, idiote, imbecile, imbeciles, debile, debiles
    ordures, pourriture, pourritures, raclure, raclures, batards, tocard, tocards, merdeux, con, cons
    conne
    """),
    _lines("tu es, t'es, tes, vous etes, vous n'etes que, bande de, espece de, tas de, quelle bande de"),
)
_SPANISH = Language(
    _lines("""
    hijo de puta, hijos de puta, hija de puta, hijas de puta, hijo puta, hijoputa, hijoputas, hijueputas
    gilipollas, cabrones, vete a la mierda, idos a la mierda, iros a la mierda, vayanse a la mierda
    vayase a la mierda, iros al infierno, vete al infierno, que os jodan, que te jodan, que se jodan
    jodete, jodanse, que te den por culo, que os den por culo, que les den por culo, que te follen
    que os follen, te voy a matar, os voy a matar, los voy a matar, voy a matarte, voy a mataros
    malparido, malparidos, malnacido, malnacidos, maricon, maricones, puta que os pario, puta que te pario
    puta que los pario, puta madre que os pario, puta madre que te pario, eres una puta, sois unas putas
    putas zorras, puta zorra, idiota de mierda, idiotas de mierda, gente de mierda, mierda de gente
    pedazo de mierda, muerete, moriros, muerto de hambre, muertos de hambre, ojala te mueras
    ojala os murais, ojala se mueran, ojala mueran, partir la cara, romper la cara, quemar vuestra tienda
    quemar tu tienda, quemar su tienda, quemar el local, se donde vives, se donde vivis, sudaca, sudacas
    moros de mierda, negro de mierda, negros de mierda, vete a tu pais, idos a vuestro pais, pinche puto
    pinches putos, callate la boca, callate gorda, gorda asquerosa, gordo asqueroso, chinga tu madre
    chinguen a su madre, pelotudo, pelotudos, conchuda, la concha de tu madre
    """),
    _lines("""
    idiota, idiotas, imbecil, imbeciles, pendejo, pendejos, cabron, estupido, estupidos, estupida
    subnormal, subnormales, capullo, capullos, zorra, zorras, escoria, basura, payasos, retrasado
    retrasados, puta, putas
    """),
    _lines("""
    eres, sois, son unos, son un, son una, ustedes son, usted es, vosotros, ustedes, panda de, banda de
    pandilla de, hatajo de, malditos, malditas, putos, pinche, pinches
    """),
)
_ITALIAN = Language(
    _lines("""
    vaffanculo, affanculo, fanculo, figlio di puttana, figli di puttana, figlio di troia, figli di troia
    testa di cazzo, teste di cazzo, pezzo di merda, pezzi di merda, stronzo, stronzi, stronza, stronze
    coglione, coglioni, rotto in culo, rottinculo, succhiacazzi, ti ammazzo, vi ammazzo, ti uccido
    vi uccido, dovete morire, devi morire, dovete crepare, devi crepare, crepate tutti, dovreste morire
    morite tutti, ti spacco la faccia, vi spacco la faccia, ti spacco, vi spacco, brucio il negozio
    brucio il locale, do fuoco al negozio, so dove abiti, so dove abitate, brutta troia, brutta puttana
    zoccola, zoccole, mignotta, mignotte, cornuto, cornuti, brutta vacca, frocio, froci, ricchione
    ricchioni, negro di merda, negri di merda, terrone di merda, terroni di merda, tornate al vostro paese
    torna al tuo paese
    """),
    _lines("""
    idiota, idioti, imbecille, imbecilli, bastardo, bastardi, deficiente, deficienti, cretino, cretini
    puttana, troia, feccia, merde, merda, schifosi, schifoso, maiali, animali, stupidi, ritardato
    ritardati
    """),
    _lines("sei, siete, branco di, massa di, banda di, brutto, brutti, brutta, razza di, voi"),
)
_PORTUGUESE = Language(
    _lines("""
    filho da puta, filhos da puta, filha da puta, vai se foder, vao se foder, va se foder, vai te foder
    vai tomar no cu, vao tomar no cu, va tomar no cu, vai a merda, vao a merda, vai pra merda
    vao pra merda, vai pra puta que, vao pra puta que, vai para a puta que, vao para a puta que
    foda-se voces, foda se voces, arrombado, arrombados, cuzao, cuzoes, viado, viados, pau no cu, sua puta
    suas putas, vou te matar, vou matar voces, vou vos matar, vou queimar a loja, vou queimar sua
    vou queimar a sua, vou queimar a vossa, quebrar a sua cara, quebrar sua cara, partir-te a cara
    partir te a cara, sei onde voce mora, sei onde moras, tomara que morram, tomara que morra
    espero que morram, morram todos, bando de merdas, pedaco de merda, cambada de merda, cabroes
    otario de merda, preto de merda, pretos de merda, volta para a tua terra, volta pra sua terra
    voltem para a vossa terra
    """),
    _lines("""
    idiota, idiotas, imbecil, imbecis, otario, otarios, vagabunda, vagabundas, vagabundo, vagabundos
    burros, burro, desgracado, desgracados, desgracada, retardado, retardados, cretino, cretinos, estupido
    estupidos, cabrao, escumalha, lixos, palhacos
    """),
    _lines("""
    es um, es uma, sao uns, sao umas, sao um, e um, seu, seus, sua, suas, voce e, voces, bando de
    cambada de, corja de, seus grandes
    """),
)
LANGUAGES = (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE)

ALL_OF_YOU = _lines("""
    all of you, the lot of you, you are, you lot, you people, every one of you, each of you, ihr alle
    alle miteinander, alle zusammen, tous autant que, todos ustedes, todos vosotros, tutti quanti
    todos voces
    """)
"""What may follow instead of going before."""

COMPARED = frozenset(
    """
    like as for than if am was felt feel im i'm i me us my our mine myself that those some this
    wie als fur ich mich mir uns mein meine unser bin war habe
    comme pour je moi nous mon ma mes notre suis j'ai
    como por yo me nos mi mis soy fui
    come per io mi ci mio mia sono ero
    eu meu minha nosso sou fui
    not no nicht kein keine pas sin no nem nao non
    """.split()
)
"""Between "you" and the word these mean that nobody is called it: "you treat us like idiots", "you called me
an idiot", "I am an idiot"."""

MASKED = (
    "fuck", "fucks", "fucked", "fucking", "fucker", "fuckers", "motherfucker", "motherfuckers", "shit",
    "cunt", "cunts", "bitch", "bitches", "asshole", "assholes", "arsehole", "arseholes", "bastard",
    "bastards", "wanker", "wankers", "twat", "twats", "dickhead", "dickheads", "dick", "whore", "whores",
    "slut", "sluts", "nigger", "niggers", "idiot", "idiots", "moron", "morons", "prick", "pricks",
    "arschloch", "wichser", "hurensohn", "fick", "fickt", "fotze", "schlampe", "connard", "connards",
    "encule", "pute", "salope", "puta", "gilipollas", "cabron", "cabrones", "merda", "mierda", "stronzo",
    "stronzi", "vaffanculo", "cazzo", "coglioni", "foder", "viado",
)  # fmt: skip
"""What people write with stars, digits and signs in it."""
SHORTENED = {
    "u": "you",
    "ur": "your",
    "fck": "fuck",
    "fcking": "fucking",
    "fkn": "fucking",
    "fuk": "fuck",
    "phuck": "fuck",
    "biatch": "bitch",
}
