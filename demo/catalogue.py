"""What the sample shop sells."""

from dataclasses import dataclass

CATEGORIES = ("teapots", "kettles", "cups", "teas")

# name, price in cents, in stock, sentence
_TEAPOTS = (
    ("Round Pot for Two", 2450, 12, "A brown pot that holds two cups and keeps them warm."),
    ("Tall Pot with Strainer", 3180, 4, "The strainer lifts out, so the tea does not go bitter."),
    ("Glass Pot", 2790, 0, "Watch the leaves unfold."),
    ("Iron Pot, small", 5400, 3, "Heavy, black, and warm for an hour."),
    ("Iron Pot, large", 7250, 2, "The same for a long table."),
    ("Travel Pot", 1990, 25, "Folds into a cup and a lid."),
    ("Blue Glazed Pot", 3620, 7, "Glazed by hand; no two are alike."),
    ("White Porcelain Pot", 4100, 9, "Thin enough to see the light through."),
    ("Clay Pot, unglazed", 2890, 0, "Takes on the taste of one tea; choose well."),
)
_KETTLES = (
    ("Whistling Kettle", 3350, 14, "You will hear it in the garden."),
    ("Copper Kettle", 8900, 1, "Needs polish, repays it."),
    ("Gooseneck Kettle", 5650, 6, "Pours a thin, slow stream."),
    ("Camping Kettle", 1780, 31, "Flat, light, and hard to dent."),
    ("Electric Kettle, 80 degrees", 4490, 11, "Stops early, for green tea."),
    ("Enamel Kettle, red", 2950, 8, "Two litres in red."),
    ("Enamel Kettle, cream", 2950, 0, "Two litres in cream."),
    ("Stovetop Kettle, glass", 3120, 5, "Boils where you can see it."),
    ("Steel Kettle, one litre", 2240, 19, "Plain, and done in four minutes."),
)
_CUPS = (
    ("Breakfast Cup", 890, 48, "Holds what a morning needs."),
    ("Espresso Cup, mislabelled", 640, 20, "Small; good for strong tea."),
    ("Tea Bowl, grey", 1250, 13, "No handle; hold it with both hands."),
    ("Tea Bowl, moss", 1250, 0, "The grey one's green sister."),
    ("Cup and Saucer, gold rim", 2390, 6, "Not for the dishwasher."),
    ("Enamel Mug", 720, 64, "Falls well."),
    ("Double Wall Glass", 1480, 17, "Hot tea, cool fingers."),
    ("Child's Cup", 690, 22, "With a hare on it."),
    ("Cup with a Lid", 1120, 10, "For those who forget their tea."),
)
_TEAS = (
    ("Morning Black, 100 g", 780, 80, "Strong, takes milk."),
    ("Smoked Black, 100 g", 990, 34, "Dried over pine."),
    ("First Spring Green, 50 g", 1640, 9, "Picked in the second week of April."),
    ("Roasted Green, 100 g", 860, 41, "Nutty, and kind to the evening."),
    ("White Buds, 50 g", 1890, 5, "Sixty degrees, five minutes, patience."),
    ("Mint and Verbena, 80 g", 640, 52, "No tea at all, and none the worse."),
    ("Half Dark, rolled, 75 g", 1720, 0, "Good for six infusions."),
    ("Citrus Black, 100 g", 820, 37, "With the peel of real fruit."),
    ("Ship's Biscuit Blend, 250 g", 1290, 15, "For large pots and long shifts."),
)


@dataclass(frozen=True)
class Product:
    number: int
    category: str
    name: str
    cents: int
    stock: int
    sentence: str

    @property
    def path(self) -> str:
        return f"/products/{self.number}"

    @property
    def price(self) -> str:
        return f"{self.cents / 100:.2f}"


PRODUCTS = [
    Product(number, category, *row)
    for number, (category, row) in enumerate(
        (
            (category, row)
            for category, rows in zip(CATEGORIES, (_TEAPOTS, _KETTLES, _CUPS, _TEAS), strict=True)
            for row in rows
        ),
        start=1,
    )
]
