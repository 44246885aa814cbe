"""Words that say nothing about what a complaint is about: the frequent ones of six languages, and those of
complaining itself. Four letters and more, in small letters; shorter words are never looked at."""

from __future__ import annotations

_ENGLISH = """
answer answered answering answers reply replied replies responded response email emails phone
about actually after again against already also always another anybody anymore anyone anything anyway
appalling around asked away awful back bad because been before being best better both bring business called
came cannot complain complaint complaints could couldn customer customers didn different disappointed
disappointing does doesn doing done don't down each either else enough even ever every everyone everything
expect expected fact feel find first following found friend from gave getting give given goes going gone
good great half happened hasn have haven having hello help here hope horrible hour hours however idea into
isn't it's just keep kind know last later least leave left less like little long look looked lost made make
many maybe mean might mine minute minutes money more morning most much must myself need needed never next
nice nobody none nothing once only open order ordered other others ourselves over paid pathetic people place
please point poor poorly probably problem quite rather ready really reason received right said same says
second seems seen sent service several shall shame shocking shop should shouldn simply since some somebody
someone something sorry staff still store stuff such sure take taken tell terrible than thank thanks that
that's their them then there these they they're thing things think third this those though thought three
through time times today told tomorrow tonight took totally tried truly turn twice under unacceptable until
upon used useless using usually very visit waited waiting want wanted was wasn wasted week weekend weeks
well went were weren what when where which while whole whose will with within without won't worse worst
would wouldn write wrong year years yesterday yesterday's your you're yours yourself
"""
_GERMAN = """
antwort antworten antwortet geantwortet bestellt bestellung telefon
aber alle allem allen aller alles also andere anderen auch auf aufs aus bald beim bereits besser bitte danke
dann dass davon dazu dein deine dem denn der dich dies diese diesem diesen dieser dieses doch dort drei
durch eben eigentlich ein eine einem einen einer eines einfach einmal enttäuscht erst etwas euch euer eure
ganz gar geben gegen gehen geht gekommen gemacht gerne gestern gibt ging gleich guten habe haben habt hallo
hast hatte hatten heute hier ihnen ihre ihrem ihren ihrer immer jede jeden jeder jedes jetzt kann
katastrophe kein keine keinen keiner kommt konnte kunde kunden laden lange leider leute liebe machen mehr
mein meine meinem meinen meiner mich minuten morgen musste nach nachdem nicht nichts noch nochmal nur oder
ohne schade schlecht schlechter schon sehr sein seine seit sich sie sind solche sollte sondern stunde
stunden tage über überhaupt uns unsere unter unverschämt viel viele vielen vom von waren warte warten warum
weil weiter wenig wenn werden wieder wird wirklich wollen wollte worden wurde wurden zeit ziemlich zum
zurück zwei zwischen
"""
_FRENCH = """
réponse répond répondu commande commandé téléphone
ainsi alors après assez aucun aucune aussi autre autres avant avec avez avoir avons beaucoup bien bonjour
cela celle celui cette ceux chaque chez client clients comme comment dans déçu déçue déjà depuis dernier
dire dois donc elle encore entre était étaient être eux faire fait fois heure heures hier honte ici il
inacceptable jamais jour jours juste leur leurs lors mais malgré matin même merci mes mieux moins mois notre
nous nulle parce pas pendant personne peut plus plusieurs pour pourquoi pourtant près quand quatre quel
quelle quelque quelqu quelques quoi rien sans semaine semaines service ses seulement soit sommes sont sous
souvent suis sur temps tous tout toute toutes très trois trop vais vers voilà votre voulu vous vraiment
"""
_SPANISH = """
respuesta responde responden respondió respondido pedido pedí teléfono
ahora algo alguien algún alguna antes aquí aunque bastante bien buena buenas bueno buenos cada casi cliente
clientes como cómo con contra cosas creo cuando cuándo dado decir desde después días dijo dijeron donde
durante ellas ellos entonces entre eran eres esas ese eso esos espera esperando esta está están estaba
estado estamos este esto estos estoy fatal fue fueron gente gracias había hace hacer hacia hasta hemos hola
horas hora horrible hoy igual incluso jamás llevo luego malo mala mañana mejor menos mientras minutos mismo
mucha muchas mucho muchos muy nada nadie nunca ningún ninguna nosotros nuestro otra otras otro otros para
parece pasado pero persona peor poco podría porque puede pues queja quiero saludos sea segunda semana
semanas ser servicio sido siempre sin sino sobre sólo solo son sois soy también tampoco tanto tarde tener
tengo tiempo tiene tienen toda todas todavía todo todos trabajo tres unas unos usted ustedes vais varias
veces vergüenza
"""
_ITALIAN = """
risposta risponde rispondono risposto ordinato telefono
abbiamo adesso agli alla alle allo almeno alcuni altra altre altri altro anche ancora anni appena arrivato
aspettando aspetto assolutamente avere aveva avete bene buon buona buongiorno ciao circa cliente clienti
come comunque cosa così cui dalla dalle dello della delle degli del deluso deluse delusa dentro dire dopo
dove dovrebbe durante ecco erano essere fare fatto fino forse giorni giorno grazie hanno ieri infatti invece
loro lunga male mattina meglio meno mentre mesi mezz'ora mezzora minuti mio mai molta molte molti molto
negozio nella nelle nemmeno nessuna nessuno niente nostra nostro nulla oggi ogni ora ore ordine peggio
perché perciò pero però persone pessimo pessima piccolo poco poi posso prima proprio purtroppo qualche
qualcosa qualcuno quale quando quanto quasi quella quelle quelli quello questa queste questi questo quindi
salve sarebbe scusa sempre senza servizio settimana siamo siete solo sono sopra sotto stata stato stati
stesso sulla suoi tanto tempo tutta tutte tutti tutto veramente vergogna verso volta volte vostra vostro
"""
_PORTUGUESE = """
resposta responde respondem respondeu respondido pedido pedi telefone
agora ainda algo alguém algum alguma além ambos antes após aquela aquele aqui assim até atrás bastante bem
boas bom cada caso cliente clientes coisa com como contra dela dele deles depois desde dessa desse desta
deste deve dias dia disse disso dois duas durante ela elas ele eles embora enquanto entre era eram espera
essa essas esse esses esta está estão estas estava este estes estou falta faz fazer fica ficou foi fora
foram gente grande haver hoje hora horas horrível isso isto jamais lá loja mais manhã mas mau meia melhor
mesma mesmo meses meu minha minutos muita muitas muito muitos nada não nas nem nenhum nenhuma ninguém nossa
nosso nunca obrigada obrigado olá onde ontem outra outras outro outros ouvi pelo pela pelos péssimo péssima
pessoa pessoas pior pode porque pouco pra primeira quais qual quando quanto quase que quem quer reclamação
sem semana semanas sempre sendo ser seria serviço seu seus só sobre somente sua suas talvez também tanto
tarde tempo tenho ter teve tinha toda todas todo todos três tudo uma umas vergonha vez vezes você vocês
vossa vosso
"""

COMMON = frozenset(
    word.casefold()
    for words in (_ENGLISH, _GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE)
    for word in words.split()
)
