"""The bakery's week on Mastodon: what the shop posted, what customers wrote to it, what was answered from the
phone."""

from __future__ import annotations

from services.sample.asides import ASIDES
from services.sample.grievances import GRIEVANCES
from services.sample.script import DAY, HOUR, SHOP, Line, Scene, ShopPost, Signal

SHOP_POSTS: tuple[ShopPost, ...] = (
    ShopPost(
        "oven", 6.6 * DAY, "We are closed on Monday: the new oven comes. Back on Tuesday at 6. #rosiesbakery"
    ),
    ShopPost(
        "allergens",
        6.1 * DAY,
        "Our list of allergens has a page of its own now: https://rosies.example/what-is-in-it-and-what-is-not/allergens",
    ),
    ShopPost(
        "almond", 5.4 * DAY, "New on Saturdays: almond croissants. Forty of them, no more. #rosiesbakery"
    ),
    ShopPost("advent", 3.9 * DAY, "Cakes for the first Advent weekend: order by Wednesday, any name on top."),
    ShopPost(
        "ana",
        2.9 * DAY,
        "This is Ana. She has shaped our baguettes since 2011, and today she taught us all how to whistle.",
    ),
    ShopPost(
        "rye",
        1.2 * DAY,
        "Rye is back. Three days of sourdough, a dark crust, and it keeps the week. From 6:00 while there is any. #rosiesbakery",
    ),
)

SCENES: tuple[Scene, ...] = (
    *GRIEVANCES,
    # questions
    Scene(
        "gluten-free",
        (Line("fennel", 48, "@rosies do you have anything gluten-free on Sundays? Coming in with my mum"),),
    ),
    Scene(
        "roscon",
        (
            Line(
                "lucia",
                17 * HOUR,
                "¿Tendréis roscón para llevar el 5 de enero? Somos doce y venimos desde lejos. ¡Gracias!",
            ),
        ),
        language="es",
    ),
    Scene(
        "milk",
        (Line("samira", 26 * HOUR, "خبزكم رائع! هل يوجد خبز بدون حليب؟ ابنتي عندها حساسية من الحليب."),),
        language="ar",
    ),
    Scene(
        "dog",
        (
            Line("otto", 5.8 * DAY, "Darf mein Hund mit rein? Er ist 14 und schläft sowieso nur."),
            Line(SHOP, 5.7 * DAY, "Sehr gern, am Fenstertisch steht auch Wasser. Bis bald!"),
            Line("otto", 5.6 * DAY, "Wunderbar, dann bis Samstag."),
        ),
        language="de",
    ),
    Scene(
        "vegan-stollen",
        (
            Line("kofi", 3.0 * DAY, "Will there be a vegan stollen this year?"),
            Line(
                SHOP,
                2.95 * DAY,
                "Yes, from the first of December, with margarine and a lot of almonds. Shall I keep one for you?",
            ),
        ),
    ),
    Scene(
        "quiche",
        (
            Line(
                "mina",
                4.6 * DAY,
                "Is the quiche with leek today?",
                edited=(
                    4.59 * DAY,
                    "Is the quiche with leek today? Edit: found the board, it is. Two please, I am on my way",
                ),
            ),
        ),
    ),
    Scene(
        "wheat-starter",
        (
            Line("greta", 5.2 * DAY, "Would you give away a spoon of your starter? Mine died of exams."),
            Line(SHOP, 5.15 * DAY, "Bring a clean jar tomorrow after three. And feed it this time!"),
        ),
        under="oven",
    ),
    Scene(
        "saturday-job",
        (
            Line(
                "ella",
                6.0 * DAY,
                "Are you looking for help on Saturdays? I am 17, early bird, can count coins very fast",
            ),
        ),
    ),
    Scene(
        "oven-hours",
        (
            Line("pavel", 6.3 * DAY, "So no rolls on Monday at all? Not even the small ones?"),
            Line(
                SHOP,
                6.25 * DAY,
                "None at all, sorry. The oven weighs two tonnes and takes the whole room. Tuesday at 6!",
            ),
        ),
        under="oven",
    ),
    Scene(
        "advent-size",
        (
            Line(
                "joy",
                3.5 * DAY,
                "How big is the cake for eight? Our choir is nine, but one of us always says she is not hungry.",
            ),
        ),
        under="advent",
    ),
    Scene(
        "parking",
        (Line("lars", 9 * HOUR, "Is there anywhere to leave a cargo bike while I collect a big order?"),),
    ),
    # praise
    Scene(
        "best-rye",
        (Line("piet", 22, "Best rye in town. Drove twenty minutes for it and would again 🙂"),),
        under="rye",
    ),
    Scene(
        "grandmother",
        (Line("rui", 23 * HOUR, "O pão de centeio é igual ao da minha avó. Obrigado, a sério. 🍞"),),
        under="rye",
        language="pt",
    ),
    Scene(
        "perfect-cake",
        (Line("yael", 4.9 * DAY, "העוגה הייתה מושלמת, תודה רבה! כולם ביקשו עוד 🎂"),),
        language="he",
    ),
    Scene("emoji-only", (Line("stella", 5.3 * DAY, "😍🥐🥐🥐"),), under="almond"),
    Scene(
        "family",
        (
            Line(
                "ana_l",
                5.35 * DAY,
                "👨‍👩‍👧‍👦 all of us say thank you for Saturday 🇵🇹🇸🇪 and for not laughing at my pronunciation of pain au chocolat",
            ),
        ),
        under="almond",
    ),
    Scene(
        "whistle",
        (
            Line(
                "maeve",
                2.85 * DAY,
                "Ana is a treasure. I can vouch for the whistling, the whole street learned it today.",
            ),
            Line(SHOP, 2.8 * DAY, "We will charge the street for the lesson."),
            Line("maeve", 2.79 * DAY, "Worth every crumb!"),
        ),
        under="ana",
    ),
    Scene(
        "tea-and-rye",
        (
            Line(
                "lin",
                18 * HOUR,
                "We put your rye on our board next to the smoked tea, and it was gone by noon. Thank you for the extra loaf.",
            ),
        ),
        under="rye",
    ),
    Scene(
        "running",
        (
            Line(
                "amir",
                6.4 * DAY,
                "Ten kilometres, one cinnamon knot. The sums work out. Good luck with the new oven!",
            ),
        ),
        under="oven",
    ),
    # praise with a but
    Scene(
        "queue",
        (
            Line(
                "bruno",
                4.0 * DAY,
                "Lovely focaccia, truly. Only the queue: twenty minutes for one slice is a lot of waiting for a lunch break.",
            ),
        ),
    ),
    # private
    Scene(
        "lemon",
        (
            Line(
                "ines",
                1180,
                "Hi! Can I still change the flavour for Saturday? Lemon instead of chocolate if it’s not too late",
            ),
        ),
        kind="direct",
    ),
    Scene(
        "seeded-rolls",
        (
            Line(
                "cafe",
                454,
                "Good evening, could we have twelve more of the seeded rolls on Thursday? Same time at the back door, please.",
            ),
        ),
        kind="direct",
    ),
    Scene(
        "wedding",
        (
            Line(
                "hanna",
                5.0 * DAY,
                "Hello Rosie, we marry on the 16th of May and would love a cake from you. About eighty people, nothing with marzipan. Is the date free?",
            ),
            Line(
                SHOP,
                4.95 * DAY,
                "How lovely! The date is free. For eighty I would make three tiers. Would you come and taste in February?",
            ),
            Line(
                "hanna",
                4.3 * DAY,
                "Yes please! Any Saturday works. Nils asks whether one tier could be cheesecake.",
            ),
            Line(SHOP, 4.25 * DAY, "Tell Nils yes. 7 February at ten?"),
            Line(
                "hanna",
                1.4 * DAY,
                "Perfect. One more thing: my aunt eats no egg at all, could there be a small one for her?",
            ),
        ),
        kind="direct",
    ),
    Scene(
        "blue-plastic",
        (
            Line(
                "quiet",
                11 * HOUR,
                "I did not want to write this where everybody reads it. I found a piece of blue plastic in a raisin bun from you yesterday. I have kept it. What do you want me to do?",
            ),
        ),
        kind="direct",
    ),
    *ASIDES,
)

SIGNALS: tuple[Signal, ...] = (
    Signal("follow", "joy", 6.2 * DAY),
    Signal("favourite", "amir", 6.39 * DAY, "oven"),
    Signal("reblog", "maeve", 5.38 * DAY, "almond"),
    Signal("follow", "sofia", 1.69 * DAY),
    Signal("follow", "theo", 5.0 * DAY),
    Signal("favourite", "joy", 3.49 * DAY, "advent"),
    Signal("favourite", "greta", 2.88 * DAY, "ana"),
    Signal("reblog", "lin", 1.1 * DAY, "rye"),
    Signal("other", "stella", 1.05 * DAY),
    Signal("favourite", "piet", 21, "rye"),
    Signal("follow", "fanbot", 5.88 * DAY),
    Signal("follow", "lars", 8.9 * HOUR),
)
