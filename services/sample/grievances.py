# ruff: noqa: E501 - what people wrote stands on one line each
"""The week's complaints: mild, furious, ironic, in other languages, and those that say it without one hard
word."""

from __future__ import annotations

from services.sample.script import DAY, HOUR, SHOP, Line, Scene

_LONG = """I have been coming to you since the shop was still on the other side of the square, so please read this as a letter from a friend.

It began in September. The queue on Saturdays now reaches the pharmacy, which is good for you, and I mean that. But there is one person at the till and one at the coffee machine, and whoever only wants a loaf stands for twenty minutes behind eleven cappuccinos. I counted. My knee counted too.

Then the bread. The seeded loaf used to be finished by ten, now there is plenty at noon, which tells me that other people have noticed what I noticed: it is paler than it was, and a little damp in the middle. Perhaps it is the new oven and you are still getting to know each other. I would understand that. I would just like somebody to say so.

And then last Saturday. I asked the young man whether he could cut the loaf, and he said the machine was for regulars. I have bought a loaf from you every Saturday for nineteen years. I laughed, because I thought he was joking. He was not joking.

I do not want anything for free. I want a second queue for bread, I want the seeded loaf dark, and I want that young man to know who I am. Tell Rosie that Ruth said so; she will know.

With affection, and one bad knee,
Ruth"""

GRIEVANCES: tuple[Scene, ...] = (
    # complaints
    Scene(
        "wrong-name",
        (
            Line(
                "marta",
                772,
                "Picked up the birthday cake for my daughter this afternoon and the name on it was wrong. We paid 48 for it. I called twice and nobody answered. Six little girls singing to “Clare”. Her name is Klara.",
            ),
            Line("marta", 633, "Is anybody there?"),
        ),
        under="advent",
    ),
    Scene(
        "hard-croissants",
        (
            Line(
                "tom",
                545,
                "Croissants were hard at eight in the morning and the girl at the till said there was nothing she could do. They were yesterday’s, I know a Friday croissant when I meet one.",
            ),
        ),
    ),
    Scene(
        "charged-twice",
        (
            Line(
                "dev",
                1.6 * DAY,
                "My card was charged twice on Thursday, 2 x 23.40 in the same minute. I wrote to you on the website and heard nothing. Please send one of them back.",
            ),
        ),
    ),
    Scene(
        "allergy",
        (
            Line(
                "priya",
                2.2 * DAY,
                "The carrot slice labelled WITHOUT NUTS had walnuts in it. My son is allergic and we spent the evening in the emergency room. He is fine now, no thanks to your label. Somebody call me before another child eats one.",
            ),
            Line(
                SHOP,
                2.15 * DAY,
                "Priya, I am so sorry, and so glad he is well. We took every slice off the counter the minute I read this. I am calling you now. Rosie",
            ),
            Line("priya", 2.1 * DAY, "Thank you for calling. I still want to know how it happened."),
        ),
        under="allergens",
    ),
    Scene(
        "rude-till",
        (
            Line(
                "agnes",
                3.3 * DAY,
                "The woman at the till rolled her eyes because I paid in coins. I am 74 and I do not need that on a Wednesday morning.",
            ),
        ),
    ),
    Scene(
        "late-platter",
        (
            Line(
                "will",
                1.9 * DAY,
                "Ordered the platter for eleven, it came at ten past one. The meeting was over and so was the coffee. Who do I talk to about the 86?",
            ),
        ),
    ),
    Scene(
        "order-sold",
        (
            Line(
                "max",
                4.2 * DAY,
                "WORST bakery in town. 25 minutes in the queue to be told that the order I PAID FOR was sold to someone else. Never again, and I will tell everybody at work.",
            ),
        ),
    ),
    Scene(
        "locked-door",
        (
            Line(
                "olga",
                2.6 * DAY,
                "Oh brilliant, closed at four on a Friday again. I do love standing in front of a locked door with a birthday at five. Ten out of ten, would stand there again.",
            ),
        ),
    ),
    Scene(
        "door-stop",
        (
            Line(
                "theo",
                5.1 * DAY,
                "Congratulations to the shop for inventing the croissant that doubles as a door stop. My dentist sends his regards.",
            ),
        ),
        under="almond",
    ),
    Scene(
        "niemand-da",
        (
            Line(
                "jonas",
                1.1 * DAY,
                "Dreimal angerufen, dreimal ging niemand ran. Die Torte für Sonntag muss ich jetzt woanders bestellen. Sehr enttäuschend, nach all den Jahren.",
            ),
        ),
        language="de",
    ),
    Scene(
        "baguette-molle",
        (
            Line(
                "camille",
                20 * HOUR,
                "La baguette de ce matin était toute molle, et à 3,20 € c’est un peu cher pour ça. Dommage, d’habitude elle est parfaite.",
            ),
        ),
        language="fr",
    ),
    Scene(
        "cappuccini-freddi",
        (
            Line(
                "giulia",
                3.7 * DAY,
                "Ho aspettato quaranta minuti per due cappuccini e quando sono arrivati erano freddi. Nessuno ha chiesto scusa.",
            ),
        ),
        language="it",
    ),
    Scene(
        "price",
        (
            Line(
                "viktor",
                14 * HOUR,
                "They say rye is back. They do not say that it is 7.90 a loaf now. For flour and water. No thanks.",
            ),
        ),
        under="rye",
        kind="quote",
    ),
    Scene("ruths-letter", (Line("ruth", 30 * HOUR, _LONG),), spoiler="long, about Saturdays"),
    Scene(
        "ramp",
        (
            Line(
                "ivy",
                2.4 * DAY,
                "The ramp was locked away behind the flour sacks again and I drank my coffee on the pavement. Third time this month. When will it stay out?",
            ),
            Line(
                SHOP,
                2.35 * DAY,
                "Ivy, that should not happen even once. The ramp stays out from 6 to 18 from tomorrow, I have the key now. Rosie",
            ),
            Line("ivy", 1.0 * DAY, "It was out today. Thank you."),
        ),
    ),
    # polite, without one hard word
    Scene(
        "thirty-one-rolls",
        (
            Line(
                "bea",
                1.3 * DAY,
                "Good evening! We ordered forty rolls for the school breakfast and counted thirty-one in the bags. The children shared. Could you tell me how you would like to handle it?",
            ),
        ),
    ),
    Scene(
        "loaf-weight",
        (
            Line(
                "henrik",
                3.1 * DAY,
                "Hello, a small observation: the seeded loaf weighed 610 g on my kitchen scale today, the sign says 750. I am happy to lend you the scale.",
            ),
        ),
    ),
    Scene(
        "coat-on",
        (
            Line(
                "dora",
                4.4 * DAY,
                "Could I ask when the heater at the window table will be back? My mother kept her coat on again today.",
            ),
        ),
    ),
    Scene(
        "three-mails",
        (
            Line(
                "petra",
                2.8 * DAY,
                "Just making sure my three e-mails about the flowers for your counter reached you. I have kept the wreath in the cold room since Monday.",
            ),
        ),
    ),
)
