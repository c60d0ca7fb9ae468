"""What make-capture makes its capture of: invented games, names and titles; real ids of genres, modes
and languages, and of categories that are no games."""

# (id, slug, name): IGDB's genres and game modes.
GENRES = (
    (2, "point-and-click", "Point-and-click"), (4, "fighting", "Fighting"), (5, "shooter", "Shooter"),
    (7, "music", "Music"), (8, "platform", "Platform"), (9, "puzzle", "Puzzle"),
    (10, "racing", "Racing"), (11, "real-time-strategy-rts", "Real Time Strategy (RTS)"),
    (12, "role-playing-rpg", "Role-playing (RPG)"), (13, "simulator", "Simulator"),
    (14, "sport", "Sport"), (15, "strategy", "Strategy"),
    (16, "turn-based-strategy-tbs", "Turn-based strategy (TBS)"), (24, "tactical", "Tactical"),
    (25, "hack-and-slash-beat-em-up", "Hack and slash/Beat 'em up"),
    (26, "quiz-trivia", "Quiz/Trivia"), (30, "pinball", "Pinball"), (31, "adventure", "Adventure"),
    (32, "indie", "Indie"), (33, "arcade", "Arcade"), (34, "visual-novel", "Visual Novel"),
    (35, "card-and-board-game", "Card & Board Game"), (36, "moba", "MOBA"),
)
GAME_MODES = (
    (1, "single-player", "Single player"), (2, "multiplayer", "Multiplayer"),
    (3, "co-operative", "Co-operative"), (4, "split-screen", "Split screen"),
    (5, "massively-multiplayer-online-mmo", "Massively Multiplayer Online (MMO)"),
    (6, "battle-royale", "Battle Royale"),
)

# (code, name, weight, busiest hour on the US west coast's clock).
LANGUAGES = (
    ("en", "English", 50, 17), ("es", "Spanish", 12, 13), ("pt", "Portuguese", 8, 15),
    ("ru", "Russian", 7, 9), ("de", "German", 7, 11), ("fr", "French", 6, 12), ("ja", "Japanese", 6, 4),
    ("ko", "Korean", 4, 4), ("pl", "Polish", 2, 10), ("it", "Italian", 2, 12), ("zh", "Chinese", 2, 5),
    ("tr", "Turkish", 2, 10), ("cs", "Czech", 1, 11), ("sv", "Swedish", 1, 11), ("nl", "Dutch", 1, 12),
    ("th", "Thai", 1, 6), ("uk", "Ukrainian", 1, 10), ("hu", "Hungarian", 1, 11), ("fi", "Finnish", 1, 10),
    ("ar", "Arabic", 1, 11), ("da", "Danish", 1, 12), ("no", "Norwegian", 1, 12), ("vi", "Vietnamese", 1, 6),
    ("el", "Greek", 1, 11), ("id", "Indonesian", 1, 6),
)


def _game(number, name, draw, genres, modes, **more):
    return dict({"id": 1_700_200_000 + number * 100, "igdb_id": 900_000 + number, "name": name,
                 "draw": draw, "genres": genres, "game_modes": modes}, **more)


def _other(category_id, name, draw):
    return {"id": category_id, "igdb_id": None, "name": name, "draw": draw, "genres": [],
            "game_modes": []}


CATEGORIES = (
    _game(1, "Skyrail Tycoon", 6, [13, 15, 32], [1, 2]),
    _game(2, "Harbor of Glass", 9, [12, 31], [1]),
    _game(3, "Lanternfall", 14, [12, 25, 31], [1, 3], later_genres=[12, 31]),
    _game(4, "Ninefold Arena", 16, [5, 24], [2, 6]),
    _game(5, "Ember Legion", 13, [15, 36], [2]),
    _game(6, "Quiet Orchard", 5, [13, 32], [1, 3]),
    _game(7, "Tidebound", 7, [8, 31, 32], [1]),
    _game(8, "Redline Circuit 27", 6, [10, 13, 14], [1, 2, 4]),
    _game(9, "Vaultbreakers", 12, [5], [2, 3]),
    _game(10, "The Clockmaker's Daughter", 4, [2, 9, 31], [1]),
    _game(11, "Moss & Mortar", 5, [13, 15], [1, 2, 3]),
    _game(12, "Starhollow Online", 10, [12], [2, 5]),
    _game(13, "Deckhand Duel", 4, [15, 35], [1, 2]),
    _game(14, "Frostline Tactics", 4, [12, 16, 24], [1]),
    _game(15, "Pixel Pilgrims", 3, [8, 32, 33], [1, 4]),
    _game(16, "Bastion Kings", 5, [11, 15], [1, 2]),
    _game(17, "Pinwheel Panic", 2, [30, 33], [1]),
    _game(18, "Goalmouth 2026", 8, [13, 14], [1, 2, 4]),
    _game(19, "Hollow Signal", 6, [9, 31], [1, 3], later_game_modes=[1]),
    _game(20, "Chorus Lane", 2, [7, 33], [1, 2]),
    _game(21, "Ironcloud Brawl", 6, [4], [1, 2]),
    _game(22, "Letters from Aster", 2, [31, 34], [1]),
    _game(23, "Wild Meridian", 9, [5, 12, 31], [1, 2, 3]),
    _game(24, "Trivia Tower", 1, [26], [2]),
    _game(25, "Cinder & Salt", 5, [12, 15], [1, 2], later_genres=[12, 15, 16]),
    _game(26, "Paperboat Rivers", 3, [9, 32], [1]),
    _game(27, "Last Lighthouse Standing", 11, [5], [2, 6]),
    _game(28, "Underroot", 4, [12, 32], []),
    _game(29, "Brightwater Farm", 4, [], [1, 3]),
    _game(30, "Nocturne Protocol", 3, [], []),
    _other(1_700_203_100, "Gloamwood (Playtest)", 4),
    _other(509_658, "Just Chatting", 30),
    _other(26_936, "Music", 5),
    _other(509_660, "Art", 4),
    _other(1_469_308_723, "Software and Game Development", 3),
)

TAGS = ("English", "Chill", "FirstPlaythrough", "Cozy", "NoSpoilers", "Speedrun", "CoOp", "Ranked",
        "LGBTQIA", "Educational", "Retro", "Relaxed", "Beginner", "Español", "日本語", "Variety",
        "Achievements", "Community", "Morning Show", "Late Night")

TITLES = {
    "en": ("first time in {name}, no spoilers please", "{name} until the coffee runs out",
           "day {n} of the long run | !plan", "cozy evening, come say hello", "ranked climb, game {n}",
           "{name} with friends", "", "practice, then {name}", "learning routes \u2022 attempt {n}",
           "the one where we finish {name}", "quiet stream, loud keyboard \u2328\ufe0f"),
    "es": ("{name}: empezamos de cero", "charla y {name} \U0001F319", "partida {n}, hoy s\u00ed"),
    "pt": ("{name} com voc\u00eas", "bom dia! dia {n} de {name}", "s\u00f3 mais uma partida"),
    "de": ("{name} am Abend", "Runde {n}, jetzt aber!", "gem\u00fctlich durch {name}"),
    "fr": ("{name}, \u00e9pisode {n}", "on d\u00e9couvre {name} ensemble"),
    "ru": ("{name}: \u043f\u0435\u0440\u0432\u044b\u0439 \u0440\u0430\u0437", "\u0441\u043f\u043e\u043a\u043e\u0439\u043d\u044b\u0439 \u0441\u0442\u0440\u0438\u043c, \u0434\u0435\u043d\u044c {n}"),
    "ja": ("\u306f\u3058\u3081\u3066\u306e{name}", "\u307e\u3063\u305f\u308a{name} #{n}"),
    "ko": ("{name} \ucc98\uc74c\ubd80\ud130", "\uc624\ub298\ub3c4 {name} {n}\uc77c\ucc28"),
}

_FIRST = ("amber", "quiet", "silver", "juniper", "velvet", "cobalt", "maple", "lunar", "paper", "misty",
          "copper", "salty", "northern", "gentle", "rusty", "wander", "pixel", "honey", "stormy", "willow",
          "crimson", "little", "midnight", "sunny", "hollow", "clever", "frosty", "mossy", "echo", "tangerine")
_SECOND = ("fox", "harbor", "lark", "comet", "otter", "kettle", "badger", "lantern", "finch", "atlas",
           "marble", "raven", "biscuit", "pine", "signal", "tiger", "orchard", "falcon", "pebble", "wolf",
           "sparrow", "thimble", "heron", "nimbus", "walrus", "cricket", "meadow", "anchor", "sable", "quill")
_KANA = ("ha\u30cf", "ru\u30eb", "mi\u30df", "ka\u30ab", "to\u30c8", "no\u30ce", "so\u30bd", "ra\u30e9",
         "yu\u30e6", "ki\u30ad")


class Names:
    """Logins, each given once, and display names that differ from them by case or by script."""

    def __init__(self, rng):
        self.rng, self.used = rng, set()

    def channel(self):
        while True:
            if self.rng.random() < 0.04:
                kana = self.rng.sample(_KANA, 3)
                login, name = "".join(k[:-1] for k in kana), "".join(k[-1] for k in kana)
            else:
                first, second = self.rng.choice(_FIRST), self.rng.choice(_SECOND)
                login, name = first + second, first.capitalize() + second.capitalize()
            if login in self.used:
                suffix = str(self.rng.randrange(2, 99))
                login, name = login + suffix, name + suffix
            if login not in self.used:
                self.used.add(login)
                return login, name
