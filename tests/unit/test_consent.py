"""Opt-out, opt-in and help: exact words, clear sentences, and all the talk that is none of them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.consent import CARRIER_WORDS, ConsentState, ConsentWord, may_send, read_consent
from bot.domain.messages import Kind
from bot.domain.phrases import LONGEST, load

STOP, START, HELP = ConsentWord.STOP, ConsentWord.START, ConsentWord.HELP

EXACT = [
    ("STOP", STOP), ("stop", STOP), ("Stop.", STOP), ("STOP!!", STOP), (" 'stop' ", STOP), ("“Stop”", STOP),
    ("s.t.o.p", STOP), ("S T O P", STOP), ("🛑 STOP 🛑", STOP), ("st\u200bop", STOP),
    ("\ufeffstop\u00a0", STOP),
    ("ＳＴＯＰ", STOP), ("STOPALL", STOP), ("Stop all", STOP), ("unsubscribe", STOP), ("Cancel", STOP),
    ("END", STOP), ("quit", STOP), ("Revoke", STOP), ("optout", STOP), ("Opt-out", STOP), ("OPT OUT", STOP),
    ("stop please", STOP), ("Please stop", STOP), ("stop stop stop", STOP),
    ("STOP\n\nSent from my iPhone", STOP),
    ("alto", STOP), ("¡Alto!", STOP), ("PARAR", STOP), ("Baja", STOP), ("cancelar", STOP),
    ("No más mensajes", STOP), ("no mas mensajes!!", STOP), ("Alto por favor", STOP), ("/stop", STOP),
    ("/stop@SomeBot", STOP), ("START", START), ("start!", START), ("unstop", START), ("Empezar", START),
    ("comenzar", START), ("/start", START), ("/start token_1-A", START), ("HELP", HELP), ("Help?", HELP),
    ("info", HELP), ("ayuda", HELP), ("¡Ayuda!", HELP), ("/help", HELP),
]  # fmt: skip

AGREED = [
    "yes",
    "Yes!",
    "y",
    "YES please",
    "ok",
    "I agree",
    "sí",
    "Si.",
    "SÍ",
    "acepto",
    "claro",
    "si quiero",
]

WISHES = """
please stop texting me
Stop texting me.
stop txting me
STOP TEXTING MY PHONE
Quit messaging me
Can you stop texting me?
could you please stop sending me these messages
you need to stop texting me
I asked you to stop texting me
How many times do I have to tell you to stop texting me
I said stop texting me
stop sending these
Stop sending me this crap
stop sending me texts
stop sending messages please
stop with the texts
Stop these messages now
stop the check-ins
stop checking in on me
leave me alone and stop sending these
Leave me alone!
just leave me alone please
don't message me anymore
Do not text this number
dont text me ever again
never contact me again
please don't send me any more texts
Don’t send me anything anymore
no more texts
No more messages please.
no more of these texts
take me off your list
please take me off this list
Take my number off your list
remove me from your list
remove me please
delete my number
lose my number
I don't want these messages
I don't want any more texts
I don't want to get these texts anymore
I no longer want to receive messages
i dont want you texting me
I don't need these reminders anymore
I want to stop getting these texts
I want to unsubscribe
I'd like to opt out please
can I be taken off the list
unsubscribe me please
Unsubscribe from these texts
opt me out of these texts
cancel my texts
I'm done with these texts
Enough with the texts
wrong number stop texting
Wrong number, please stop texting me
You have the wrong number.
STOP, wrong number
Enough. Stop.
this is not Alex stop texting me
I'm at work so stop texting me
I love my kids but please stop texting me
stop texting me, I want to die
I want to die. Stop texting me.
I hate my life and please stop messaging me
I drank again last night, don't message me anymore
Thanks for everything and stop texting me now
you don't need to text me anymore
ya no me manden mensajes
Ya no me mandes mensajes por favor
no me manden más mensajes
No me manden nada
no me envíen más textos
No me escriban más
por favor no me escriba
no me vuelvan a escribir
nunca más me escriban
No me molesten
no me contacten
dejen de escribirme
Dejen de mandarme mensajes
deja de enviarme estos mensajes
ya dejen de molestarme
¿Pueden dejar de mandarme mensajes?
podrían dejar de escribirme por favor
les pido que dejen de escribirme
paren de mandar mensajes
Para de escribirme
déjenme en paz
Déjame en paz por favor
borrenme de la lista
Bórrame de su lista
quítenme de la lista
sáquenme de esta lista por favor
elimíname de tu lista
quiten mi número
borren mi numero de la lista
quiero darme de baja
denme de baja
Deme de baja por favor
quiero salir de la lista
no quiero mensajes
ya no quiero mensajes
No quiero recibir más mensajes
no quiero que me escriban
ya no quiero que me manden mensajes
no deseo recibir estos mensajes
quiero dejar de recibir mensajes
quiero cancelar los mensajes
Cancelen los mensajes
quiero cancelar mi suscripción
basta de mensajes
ya basta de tantos mensajes
no más textos por favor
número equivocado, no me escriban
Tienen el número equivocado
Numero equivocado. Alto.
no soy María dejen de escribirme
me quiero morir, dejen de escribirme
Tomé anoche. Ya no me escriban.
estoy cansado y ya no quiero sus mensajes
les dije que dejen de escribirme
no me interesa recibir mensajes
Please take me off of your text list
Do not send me any more messages
I do not wish to receive any further messages
I don't want any of your messages
stop contacting me
Stop contacting this number
Please cease texting me
Please remove my number from your system
remove my number
I would like to stop receiving messages
i want off this list
get me off this list
I'm not interested, please stop messaging
I did not sign up for this, stop texting me
who is this? stop texting me
fuck off stop texting me
stop fucking texting me
stop messaging me you bot
Stop the texts
stop all messages
cancel my subscription
Cancel these messages please
please no more messages
I dont want to receive texts from you
I don't want to receive any more of these texts
I don't want to hear from you anymore
quit sending me this
stop sending me stuff
please stop these texts
plz stop txting
stop bothering me
STOP TEXTING ME!!!!
do not contact me
dont msg me
I relapsed and I'm ashamed. Please stop texting me.
stop texting me or I will report you
my ex reads my phone, please stop texting me
I can't do this anymore, take me off your list
ya no quiero recibir estos mensajes
no quiero más mensajes de ustedes
no me manden mas textos
no quiero que me manden más mensajes
ya no me escriban por favor
ya no me molesten
dejen de mandar mensajes
deje de mandarme mensajes
deja de escribirme por favor
dejen de molestarme
paren los mensajes
quítame de tu lista
dame de baja
quiero que me den de baja
quisiera darme de baja
no deseo recibir más mensajes
por favor no más mensajes
no mas textos
borren mi numero
favor de no mandar mensajes
favor de no escribirme más
no me llamen ni me escriban
no me texteen
STOP mandarme mensajes
no escriban más
ya estuvo, dejen de escribirme
mi esposo lee mi teléfono, no me escriban
quiero que dejen de escribirme
que ya no me escriban
no sigan mandando mensajes
me pueden quitar de la lista
pueden quitarme de la lista?
unsubscribe from this list
End these texts
I want these messages to stop
no longer want these texts
please unsubscribe my number
stop spamming me
please do not text me again, I am not Maria
Stop messaging me now or I'm blocking you
I'm not using anymore and I don't want these texts
Please take my phone number off your list, thanks
please take me out of your system
I would like to be removed from this list
i want to be taken off the list please
Could you take me off the list?
please unsubscribe
I wish to unsubscribe from these messages
STOP texting. I found another program
stop sending check ins
I don't want check-ins anymore
I do not want to be contacted
do not contact me anymore please
No more messages, I'm doing fine
I quit the program. stop texting me
thanks but no more texts please
stop. texting. me.
pls stop msging me
quit texting me bro
I don't want to get texts from you anymore
i dont want messages anymore
I dont want you to message me
end subscription
cancel subscription
ya no quiero que me escriban
ya no quiero recibir textos
no quiero recibir nada de ustedes
porfa ya no me manden mensajes
dejen de estar mandando mensajes
Por favor dejen de enviarme textos
dejame de escribir
déjenme de molestar
no me mandes mensajes
no me mande más mensajes gracias
Quiero que me quiten de la lista
sáqueme de la lista
por favor quítenme
bórrenme
quiero desuscribirme
cancelar suscripción
no quiero sus mensajes
no quiero mas textos
alto a los mensajes
detengan los mensajes
suspendan los mensajes
¡Ya no me escriban!
no me hablen más
ya no me contacten
stop ya no me manden nada
""".strip().splitlines()

TALK = """
I want to stop using
I want to stop
stop me from using tonight
help me stop
Please help me stop drinking
can't stop drinking
I can't stop
I quit my job
I want to quit smoking
I need to quit
don't stop
don't stop texting me
Please don't stop sending these messages
never stop texting me
I hope you don't stop the texts
when does it stop
When will it end
Stop by later
I will stop by the clinic
end it all
I want to end it all
I want it to end
I'll stop texting you my problems
my ex won't stop texting me
he should stop messaging me
tell him to stop
tell him to stop texting me
I told him, stop texting me
I told my ex to stop texting me
she said "stop texting me"
he should leave me alone and stop texting me
I wish my dealer would stop texting me
help my ex stop texting me
make him stop texting me
My dealer does not stop texting me
they won't leave me alone
don't leave me alone
leave me alone with my thoughts and I use
stop texting my ex
I need to stop texting my dealer
stop texting and driving
Stop texting me so early
stop texting me at night
please don't text me when I'm at work
don't text me back today
can you not text so late
No more texts?
why don't you text me anymore
you don't message me anymore
did you stop texting me?
Why did you stop sending messages
I don't want messages from him
I don't want to text my dealer
I don't want these feelings
I don't want to stop
I don't want to live anymore
I don't want this life
no more drinking for me
No more pills
take me off my meds
they want to take me off methadone
remove me from this house
I got removed from the list for housing
my number one reason is my kids
I cancelled my appointment
cancel my appointment
I need to cancel my ride
the bus stop is far
I stopped last week
nonstop cravings
stop sending me to that clinic
I need help to stop sending money to my brother
I quit drinking and I feel good
It never stops
my phone died, sorry for the late text
these texts help me
thanks for the messages
help me I can't breathe
can somebody help
start over tomorrow
I want to start again
I'm at the end of my rope
what is the end of the program
info about meetings
quiero dejar de tomar
quiero dejar de usar
quiero parar
no puedo parar
no puedo dejar de tomar
ayúdame a parar
ayúdenme a dejar de beber
alto riesgo
estoy en alto riesgo
mi ánimo está de baja
la presión baja
paré en la tienda
voy a parar en la clínica
no dejen de escribirme
por favor no dejen de mandarme mensajes
nunca dejen de escribirme
mi ex no deja de escribirme
mi ex no me deja en paz
quiero que mi ex deje de escribirme
ojalá mi ex deje de escribirme
dile que deje de escribirme
le dije a mi ex que deje de escribirme
me dijo "deja de escribirme"
él debería dejar de mandarme mensajes
ya no me escriben
ya no me mandan mensajes
¿por qué ya no me escriben?
no me manden al hospital
no me escriban tan temprano
no me manden mensajes de noche
no me escriban cuando estoy en el trabajo
dejen de mandarme mensajes tan tarde
no me dejen en paz con mis pensamientos
no quiero mensajes de mi ex
no quiero vivir
ya no quiero vivir
ya no quiero tomar
no quiero estar solo
no quiero dejar el programa
no más alcohol
no más pastillas
cancelé mi cita
quiero cancelar mi cita
quiero terminar con todo
basta de dolor
estos mensajes me ayudan
gracias por los mensajes
me quitaron de la lista de vivienda
no tengo más mensajes
el fin de semana fue duro
necesito ayuda
ayuda no puedo respirar
quiero empezar de nuevo
voy a comenzar mañana
para mí es difícil
cambié mi número
I want to end it
I have to stop seeing him
stop calling me an addict
Please stop judging me
stop asking me about it
my mom told me to stop texting
My sponsor says stop, look, listen
stop. breathe. think.
I had to tell him stop texting me
I blocked him because he wouldn't stop texting me
people keep texting me, how do I get them to stop messaging me
I need him to stop contacting me
I want him to stop texting me
I asked him to stop texting me and he got mad
Can you help me stop texting my ex
can you tell my ex to stop texting me
I should stop texting him
it's hard to stop messaging my dealer
I want to stop getting high
i want to stop getting texts from my dealer
stop getting me wrong
I don't want help
I don't want to be here
i dont need anything
no more
I have no more messages from him
leave me
he told me to leave him alone
I feel like everyone wants me to leave them alone
don't call me an addict
don't write me off
Don't contact my mom
don't text my wife about this
dont message my family
please don't send me to jail
don't send me back to rehab
never send me there again
remove me from the situation
take me off the waiting list
am I still on the list
get me out of here
I need to get off these pills
I want to get off the streets
cancel my meeting
I want to cancel my appointment
end my life
I want to end my life
quit smoking
stop drinking
stop using drugs
quitting is hard
I want to opt out of the methadone program
the texts don't come anymore
I don't get your texts anymore
not getting any messages
I want more messages
can I get more texts
he stopped texting me
She quit texting me back
stop texting and call me
please stop and help me
Wish I could stop
alto ahí
quiero que paren mis pensamientos
paren el dolor
quítenme este dolor
sáquenme de aquí
quiero salir de aquí
bórrame la memoria
no me dejen solo
no me dejes
dejen de juzgarme
deja de decirme adicto
quiero dejar de escribirle a mi ex
debo dejar de escribirle
no le escriban a mi mamá
no contacten a mi esposa
no me digan eso
no me juzguen
no me mandes a la cárcel
no quiero nada
no quiero hablar
no quiero más pastillas
para dejar de tomar
no mas dolor
ya no puedo más
quiero terminar
mi mamá dice que no me escriban
no me han escrito
no recibo mensajes
quiero más mensajes
cancelaron la reunión
el bajón
voy a darme de baja del ejército
me dieron de baja en el trabajo
me siento baja
de baja autoestima
si no dejan de escribirme los dealers voy a recaer
como hago para que mi ex no me escriba
no me mandaron nada
I need to stop before it kills me
I can't stop thinking about it
they stopped sending my meds
the clinic won't stop sending me bills
my mom keeps sending me messages to quit
I promised to stop
I told myself to stop
please help me stop
quit telling me what to do
I want to quit this job
cancel culture sucks
when will the pain end
it has to end
no more for me
no more secrets
I want no more of this life
no more messages came today
don't give up on me
please don't leave me
leave me be
take me off the schedule for tonight
take me home
remove the stitches
delete his number
I deleted his number
I should delete his number
lose weight
I unsubscribed from his channel
I want to get off the list of people who fail
I opted out of surgery
contact me
text me
please text me more
message me tomorrow
don't forget to text me
don't stop checking in on me
I don't want to be alone
I don't want to be a burden anymore
I do not want to hear from him again
my dealer texts me, I said don't text me anymore
I told him don't text me anymore
I don't need more pills
I don't want any of these pills
don't send the police
please don't send an ambulance
enough is enough
ya me quiero ir
ya no aguanto
no me manden a nadie
no me llamen la policía
no quiero ver a nadie
no quiero más problemas
no quiero recibir visitas
quiero parar el dolor
deja de doler
que pare todo
dejen que me muera
déjenme morir
quiero borrar su número
borré su número
quítame las ganas
no me dejes caer
no me escribe mi hijo
le dije no me escribas más
me dejó de escribir
¿me pueden escribir más?
mándenme mensajes
no paro de llorar
no paren de escribirme
cancelaron mi tratamiento
quiero cancelar mi tratamiento
nunca me escriben
de baja por enfermedad
la baja de azúcar
estoy de alta
""".strip().splitlines()

UNSURE = ["basta", "Basta ya", "fin", "enough", "no mas", "no more", "stop it", "wrong number", "para"]


@pytest.mark.parametrize(("text", "word"), EXACT)
def test_exact_words_are_read_through_what_surrounds_them(text: str, word: ConsentWord) -> None:
    """Case, quotes, punctuation, emoji, invisible characters and signatures hide no exact word."""
    reading = read_consent(text)
    assert (reading.word, reading.exact) == (word, True)


@pytest.mark.parametrize("text", AGREED)
def test_a_yes_is_a_start_only_while_asked(text: str) -> None:
    """A yes to anything else must not opt somebody back in."""
    assert read_consent(text, pending=True).word is START
    assert read_consent(text).word is None


@pytest.mark.parametrize("word", ["STOP", " stop\n", "Cancel", "OPTOUT", "START", "help", "Info"])
def test_the_carrier_acts_on_its_own_words_alone(word: str) -> None:
    """Twilio blocks or answers by itself on the plain single word."""
    assert read_consent(word).carrier


@pytest.mark.parametrize(
    "text", ["opt out", "stop please", "STOP!!", "alto", "/stop", "please stop texting me"]
)
def test_the_carrier_leaves_other_wordings_to_us(text: str) -> None:
    """Twilio does not block these, so the opt-out is ours to keep."""
    reading = read_consent(text)
    assert reading.word is STOP
    assert not reading.carrier


@pytest.mark.parametrize("text", WISHES)
def test_a_clear_wish_is_an_opt_out(text: str) -> None:
    """Any reasonable wording counts, whatever else the message says."""
    reading = read_consent(text)
    assert reading.word is STOP
    assert reading.words


@pytest.mark.parametrize("text", TALK)
def test_recovery_and_ordinary_talk_is_no_opt_out(text: str) -> None:
    """Nobody loses their support for talking about stopping."""
    assert read_consent(text).word is None


@pytest.mark.parametrize("text", UNSURE)
def test_words_that_may_mean_it_are_asked_about(text: str) -> None:
    """They may be about the texts or about life: the reading names them and decides nothing."""
    reading = read_consent(text)
    assert reading.word is None
    assert reading.words


@pytest.mark.parametrize("text", WISHES[:20] + TALK[:20])
@pytest.mark.parametrize("frame", ["{}", "{}!!!", "  {}  ", "«{}»", "{} 😡", "{}\n\nSent from my iPhone"])
def test_dressing_changes_no_reading(text: str, frame: str) -> None:
    """Quotes, emoji, spaces and signatures around a sentence leave its meaning."""
    assert read_consent(frame.format(text)).word is read_consent(text).word


@given(st.text(max_size=400), st.booleans())
def test_no_text_is_too_strange(text: str, pending: bool) -> None:
    """Whatever arrives gets a reading, the same one each time."""
    reading = read_consent(text, pending=pending)
    assert reading.word in (None, *ConsentWord)
    assert reading == read_consent(text, pending=pending)


@pytest.mark.parametrize(
    "piece",
    [
        "stop ",
        "please ",
        "stop sending me these ",
        "no me ",
        "ok,",
        "and ",
        ".",
        "\ufdfa",
        "no mas ",
        "\n",
        "\n sent",
    ],
)
def test_a_very_long_text_takes_no_time(piece: str) -> None:
    """Repetition that would trap a careless pattern is read within seconds."""
    text = (piece * LONGEST)[: LONGEST * 5]
    begun = time.perf_counter()
    read_consent(text)
    assert time.perf_counter() - begun < 3


def test_word_lists_are_folded_words() -> None:
    """A word that YAML takes for a truth value, or that folding would change, could never match."""

    def leaves(data: object) -> list[object]:
        if isinstance(data, dict):
            return [leaf for value in data.values() for leaf in leaves(value)]
        return [leaf for item in data for leaf in leaves(item)] if isinstance(data, list) else [data]

    for leaf in leaves(load("consent")):
        assert isinstance(leaf, str)
        assert leaf == leaf.lower()
        assert leaf.isascii()
        assert "'" not in leaf
    assert "yes" in CARRIER_WORDS


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", ConsentState)
def test_what_may_be_sent_follows_consent(state: ConsentState, kind: Kind) -> None:
    """Prompts need a yes, answers need no stop, partings and staff always pass."""
    always = {Kind.PARTING, Kind.NOTICE, Kind.STAFF}
    unless_out = {Kind.REPLY, Kind.CRISIS, Kind.OPT_IN}
    expected = (
        kind in always
        or (kind in unless_out and state is not ConsentState.OPTED_OUT)
        or (kind in {Kind.PROMPT, Kind.NUDGE, Kind.GREETING, Kind.NEWS} and state is ConsentState.ACTIVE)
    )
    assert may_send(state, kind) is expected
