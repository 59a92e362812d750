"""Passwords that are guessed first: words and patterns that people choose again and again.

No list of leaked passwords is bundled. What such lists hold beyond ten characters is nearly always one of
a few words with digits or signs around it, something typed twice, or a walk over the keyboard; that is
recognised here.
"""

from __future__ import annotations

import re
import unicodedata

WORDS = frozenset(
    """
    password passwort passwd passphrase passcode pass word secret geheim kennwort motdepasse contrasena
    senha parola haslo heslo salasana losenord wachtwoord admin administrator root user guest login logon
    welcome willkommen bienvenue benvenuto bienvenido letmein changeme changeit default master system
    server service support test testing tester demo example sample temp temporary hello hallo bonjour
    goodbye love iloveyou loveyou ichliebedich teamo jetaime tequiero sweetheart darling honey baby
    babygirl princess prinzessin angel angels beautiful handsome lovely forever together family mother
    father mommy daddy brother sister friend friends bestfriend monkey dragon tiger lion wolf eagle falcon
    panther bear horse puppy kitty kitten butterfly dolphin flower flowers sunflower sunshine rainbow
    summer winter spring autumn sommer herbst january february march april may june july august september
    october november december januar februar juni juli oktober dezember monday tuesday wednesday thursday
    friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag football fussball
    soccer baseball basketball hockey tennis golf volleyball champion champions liverpool arsenal chelsea
    barcelona realmadrid juventus bayern dortmund manchester manutd united yankees lakers cowboys steelers
    eagles starwars superman batman spiderman ironman pokemon naruto pikachu harrypotter gandalf matrix
    hunter killer ninja samurai warrior shadow phantom ghost ranger hacker gamer player minecraft fortnite
    freedom liberty victory trustno trustme whatever nothing nobody anything everything something computer
    internet windows linux google facebook instagram twitter youtube microsoft samsung iphone apple
    android laptop desktop database access letmeinnow openup opensesame abracadabra michael jennifer
    jessica michelle ashley daniel andrew joshua matthew christopher thomas robert william charlie jordan
    alexander alexandra anthony nicole amanda samantha elizabeth victoria charlotte andrea stephanie
    christian patrick sebastian nicholas benjamin jonathan maria anna martin peter stefan chocolate cheese
    cookie cookies banana orange strawberry pepper ginger coffee pizza whiskey guitar music metallica
    nirvana slipknot eminem money dollar million lucky jesus jesuschrist christ heaven blessed god church
    faith diamond silver golden platinum crystal purple yellow black white green blue berlin london paris
    madrid newyork america england germany deutschland france espana italia canada mexico brasil europe
    mercedes porsche ferrari corvette mustang harley yamaha honda toyota asdf qwer qwerty qwertz azerty
    zxcv yxcv abc abcd abcde abcdef xyz aaa benchmark benchmarks performance eoscperf eosc
    """.split()  # noqa: SIM905
)

_ROWS = (
    "1234567890",
    "01234567890123456789",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
)

_STEP = 4
"""Neighbours on a keyboard that make a walk."""

_WALKS = frozenset(
    row[start : start + _STEP]
    for straight in _ROWS
    for row in (straight, straight[::-1])
    for start in range(len(row) - _STEP + 1)
)

_LEET = str.maketrans(
    {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i", "8": "b"}
)

_EDGES = re.compile(r"^[\W\d_]+|[\W\d_]+$")

_END = re.compile(r"[\W\d_]+$")

_MOST_WORDS = 2
"""Words in a row that are still one idea."""


def is_common(password: str) -> bool:
    """Whether a password is among those that are tried first."""
    plain = _plain(password)
    if len(set(plain)) < 4 or _period(plain) <= len(plain) // 2:
        return True
    if _walked(plain) >= len(plain) - 3:
        return True
    bare = _EDGES.sub("", plain)
    spellings = {
        bare,
        bare.translate(_LEET),
        _EDGES.sub("", plain.translate(_LEET)),
        _END.sub("", plain).translate(_LEET),
        "".join(filter(str.isalpha, plain)),
    }
    return any(len(spelled) <= 1 or _is_made_of(spelled, WORDS, _MOST_WORDS) for spelled in spellings)


def is_about(password: str, *texts: str) -> bool:
    """Whether a password is little more than what is known of a person: the address, its parts, the name."""
    plain = _plain(password)
    parts = {part for text in texts for part in [_plain(text), *re.split(r"[^a-z0-9]+", _plain(text))]}
    known = {part for part in parts if len(part) >= 4}
    for part in sorted(known, key=len, reverse=True):
        plain = plain.replace(part, "")
    rest = "".join(filter(str.isalpha, plain))
    return bool(known) and len(rest) < 4 and len(plain) < len(_plain(password)) and len(plain) <= 8


def _plain(text: str) -> str:
    """Without case and accents."""
    return "".join(
        character
        for character in unicodedata.normalize("NFKD", text.casefold())
        if not unicodedata.combining(character)
    )


def _period(text: str) -> int:
    """The length of the piece that the text repeats; that of the text when it repeats nothing."""
    for length in range(1, len(text) // 2 + 1):
        if all(text[place] == text[place % length] for place in range(len(text))):
            return length
    return len(text)


def _walked(text: str) -> int:
    """How many characters belong to a walk over the keyboard or the alphabet."""
    part: set[int] = set()
    for start in range(len(text) - _STEP + 1):
        if text[start : start + _STEP] in _WALKS:
            part.update(range(start, start + _STEP))
    return len(part)


def _is_made_of(text: str, words: frozenset[str], most: int) -> bool:
    """Whether the text is a few of the words, one after the other."""
    if text in words:
        return True
    return most > 1 and any(
        text[:cut] in words and _is_made_of(text[cut:], words, most - 1) for cut in range(3, len(text) - 2)
    )
