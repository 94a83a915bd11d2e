"""Steps of a call: play, say, wait, text, menu, press, patch, hang up; and how far unquoted words go."""

import re
from typing import Final

from bot.domain.flow import HangUp, Menu, Pause, Play, Say, SendDigits, SendText
from bot.domain.numbers import PhoneNumber
from bot.parse.command import Patch, Step
from bot.parse.durations import fail_duration, take_duration
from bot.parse.numbers import take_number
from bot.parse.options import ask_unit
from bot.parse.reader import Reader
from bot.parse.targets import DAY_WORDS, ClauseHere, my_target, slips_of_clauses, take_target
from bot.parse.tokens import Kind, Literal
from bot.parse.words import NUMBER_WORD, NUMBER_WORDS, nearest, rx

PLAY: Final = rx(
    r"play(?: (?:the |a |an |this |him |her |them |it )?(?:song|file|message|recording"
    r"|music|audio|sound|clip|greeting|mp3|wav)(?=[ :]))?:?"
)
_TIMES: Final = rx(
    rf"(?P<once>once)|(?P<twice>twice)|(?P<thrice>thrice)|(?P<n>\d{{1,2}}"
    rf"|{NUMBER_WORD}) ?(?:times|x)|x ?(?P<x>\d{{1,2}})"
)
SAY: Final = re.compile(
    r"(?:say|speak|announce|tell (?:him|her|them|it|us|everyone|everybody|all|me)(?: that)?):?(?!\w)"
)
_SMS: Final = rx(
    r"(?:text|sms|send (?:an? )?(?:sms|text(?: message)?|message))(?: (?:him|her|them|it"
    r"|to (?:him|her|them)))?(?: saying| that says)?:?"
)
_SMS_FROM: Final = rx(r"from")
_WAIT: Final = rx(r"(?:wait|pause)(?: for| another)?")
_MENU: Final = rx(r"menu")
_MENU_CODE: Final = re.compile(r"[\w-]{1,64}(?!\w)")
PRESS: Final = rx(
    r"(?:press|send (?:the )?(?:digits?|dtmf|tones?|keys?)|dial (?:the )?(?:digits?"
    r"|extension)|press (?:the )?keys?)"
)
_DTMF: Final = re.compile(r"(?P<digits>[0-9*#a-dw]{1,120})(?:@(?P<tone>\d{2,4}))?(?![\w*#@]|[.,]\d)")
_KEY_WORDS: Final = {"star": "*", "asterisk": "*", "pound": "#", "hash": "#", "zero": "0"} | {
    word: str(n) for word, n in NUMBER_WORDS.items() if n < 10
}
_KEY_WORD: Final = rx("|".join(_KEY_WORDS))
PATCH_ME: Final = rx(
    r"(?:patch|connect|bridge|put|join) me(?: in| through| on)?(?: too)?(?: (?:to"
    r"|with) (?:him|her|them|it|the call))?|(?:patch|bridge) (?:in|through) me"
)
_PATCH_ME_TO: Final = re.compile(
    r"(?:patch|connect|bridge|put) me(?: in| through)? (?P<to>to|with) (?!(?:him|her|them|it|the call)(?!\w))"
)
_PATCH: Final = rx(
    r"(?:patch|bridge|connect)(?: it| them| him| her| the call)?(?: in| through| to"
    r"| with)*|put (?:in|through)"
)
_PUT: Final = rx(r"put")
_IN: Final = rx(r"in|through")
HANG_UP: Final = rx(r"hang ?up(?: the (?:call|phone))?|end (?:the |this )?call|disconnect(?: the call)?")
_LANGUAGE: Final = rx(
    r"in (?P<name>english|french|german|spanish|italian|portuguese|dutch|mandarin|chinese"
    r"|cantonese|japanese|korean|hindi|tamil|malay|indonesian|thai|vietnamese|arabic"
    r"|russian|polish|swedish|norwegian|danish|finnish|turkish|greek|hebrew"
    r"|british english|american english|(?P<tag>[a-z]{2}-[a-z]{2}))"
)
_LANGUAGES: Final = {
    "english": "en-US", "american english": "en-US", "british english": "en-GB",
    "french": "fr-FR", "german": "de-DE",
    "spanish": "es-ES", "italian": "it-IT", "portuguese": "pt-PT", "dutch": "nl-NL", "mandarin": "zh-CN",
    "chinese": "zh-CN", "cantonese": "zh-HK", "japanese": "ja-JP", "korean": "ko-KR", "hindi": "hi-IN",
    "tamil": "ta-IN", "malay": "ms-MY", "indonesian": "id-ID", "thai": "th-TH", "vietnamese": "vi-VN",
    "arabic": "ar-SA", "russian": "ru-RU", "polish": "pl-PL", "swedish": "sv-SE", "norwegian": "nb-NO",
    "danish": "da-DK", "finnish": "fi-FI", "turkish": "tr-TR", "greek": "el-GR", "hebrew": "he-IL",
}  # fmt: skip
_VOICE: Final = rx(r"(?:with|using|in) (?:the )?voice (?P<name>[\w.-]*\w)")
_POLITE_END: Final = re.compile(
    r"[ ,]*(?:,|(?<!\w))(?: ?(?:please|pls|plz|thanks|thank you|thx|cheers|ta))+[ .!]*$"
)
_SEPARATED: Final = re.compile(r"(?:[,;.!?\n] ?|(?<!\w)(?:and|then) |[,;.!?\n] ?(?:and|then) |and then )$")
_STRONG: Final = rx(r"(?:patch|connect|bridge|put) me|on voicemail|if |otherwise")
_MOST_WORDS: Final = 150


def take_step(reader: Reader, clause_here: ClauseHere) -> Step | None:
    """The step that stands here. A step begun and not finished is a problem, noted, and comes back empty."""
    for take in (_play, _say, _sms, _wait, _press, _patch, _hang_up, _menu):
        step = take(reader, clause_here)
        if step is not None:
            return step
    return None


def take_play(reader: Reader) -> Play | None:
    """`play URL twice`; None when no such words stand here, or after a problem with the link."""
    start = reader.pos
    if not reader.take(PLAY):
        return None
    url = _link(reader, start)
    if url is None:
        return Play(url="")
    times = reader.take(_TIMES)
    return Play(url=url, times=_count(times) if times else 1)


def _link(reader: Reader, start: int) -> str | None:
    begin = reader.pos
    link = reader.take_literal(Kind.URL) or _quoted_link(reader)
    if link and re.fullmatch(r"https?://[^\s/?#]+\.?[^\s]*", link.value) and "." in link.value:
        return link.value
    word_start, word_end = (begin, begin + 1) if link else reader.word()
    if word_start == word_end:
        reader.fail("missing_argument", start, begin, "Play what? Give a link, https://….")
    else:
        reader.go(word_end)
        reader.fail(
            "bad_url", word_start, word_end, '"{word}" is not a link I can play; it has to be https://….'
        )
    return None


def _quoted_link(reader: Reader) -> Literal | None:
    literal = reader.text.literals.get(reader.pos)
    return reader.take_literal(Kind.QUOTED) if literal and literal.value.startswith("http") else None


def _count(match: re.Match[str]) -> int:
    if match["once"] or match["twice"] or match["thrice"]:
        return 1 if match["once"] else 2 if match["twice"] else 3
    n = match["n"] or match["x"]
    return NUMBER_WORDS[n] if n in NUMBER_WORDS else max(1, int(n))


def _play(reader: Reader, _: ClauseHere) -> Step | None:
    start, step = reader.pos, take_play(reader)
    if step:
        reader.use("steps", start)
    return step


# --- words to be spoken or written ----------------------------------------------------------------


def _say(reader: Reader, clause_here: ClauseHere) -> Step | None:
    start = reader.pos
    if not reader.take(SAY):
        return None
    said = take_say(reader, start, clause_here)
    reader.use("steps", start)
    return said


def take_say(reader: Reader, start: int, clause_here: ClauseHere) -> Say:
    """What follows `say`: the text, then language and voice in any order."""
    reader.take(re.compile(r"(?::|that:?(?=\ue000| \ue000)) ?"))
    language, voice = _language(reader) if reader.match(_LANGUAGE) else None, None
    text = words_here(reader, start, clause_here)
    while True:
        if language is None and (found := _language(reader)):
            language = found
        elif voice is None and (match := reader.take(_VOICE)):
            voice = reader.text.plain(match.start("name"), match.end("name"))
        else:
            return Say(text=text, language=language, voice=voice)


def _language(reader: Reader) -> str | None:
    match = reader.take(_LANGUAGE)
    if not match:
        return None
    tag = match["tag"]
    return f"{tag[:2]}-{tag[3:].upper()}" if tag else _LANGUAGES[match["name"]]


def words_here(reader: Reader, start: int, clause_here: ClauseHere) -> str:
    """A quoted text, or the words up to the next clause. Nothing there is a problem, noted, and empty."""
    reader.take(re.compile(r"[:,] ?"))
    quoted = reader.take_literal(Kind.QUOTED)
    begin = reader.pos
    if quoted is not None:
        if not quoted.value.strip():
            reader.fail("missing_argument", start, reader.pos, "Say what? The quotes are empty.")
        return quoted.value
    if reader.probing:
        reader.pos = len(reader.low)
        return "something"
    end = end_of_words(reader, clause_here)
    shorter = _POLITE_END.search(reader.low, max(begin, end - 60), end)
    stop = shorter.start() if shorter and shorter.start() > begin else end
    text = reader.text.plain(begin, stop).strip(" ,;:-\n")
    reader.go(end)
    if not text:
        reader.fail(
            "missing_argument", start, max(begin, start + 1), "Say what? Put the words behind it, in quotes."
        )
    return text


def end_of_words(reader: Reader, clause_here: ClauseHere) -> int:
    """Where unquoted words end: before the next clause.

    A separator may be part of what is said, so it ends the words only where a clause follows it. A step
    without a separator could be either; then quotes are asked for.
    """
    low, begin, problems = reader.low, reader.pos, len(reader.problems)
    for n, match in enumerate(re.finditer(r"(?<![\w'-])[^\s,;.!?]", low[begin:])):
        pos = begin + match.start()
        if n > _MOST_WORDS:
            reader.fail("leftover", begin, pos, "That is long; put what is to be said in quotes.")
        if reader.gives_up or len(reader.problems) > problems:
            break
        if pos == begin:
            continue
        separated = _SEPARATED.search(low, max(begin, pos - 12), pos)
        if _ends_words(reader, pos, bool(separated), clause_here):
            return max(begin, separated.start() if separated else pos)
    return len(low)


def _ends_words(reader: Reader, pos: int, separated: bool, clause_here: ClauseHere) -> bool:
    probe = reader.probe(pos)
    start, end = probe.word()
    spoken = _SPOKEN_HOW.match(reader.low, pos)
    if spoken:
        return True
    if clause_here(probe):
        weak = not separated and not _STRONG.match(reader.low, pos) and _is_weak(reader, pos)
        if weak:
            reader.fail("leftover", start, end, 'Is "{word}" to be said? Then put the words in quotes.')
        glue = None if separated else _GLUE_SLIP.search(reader.low, max(0, pos - 6), pos)
        meant = _glue_meant(glue["word"]) if glue else ()
        if glue and meant:
            message = f'"{{word}}": did you mean {meant[0]}? If it is to be said, put the words in quotes.'
            reader.fail("leftover", glue.start("word"), glue.end("word"), message, meant)
        return not weak
    slips = slips_of_clauses(reader, start, end, clause_here) if end - start > 3 else ()
    if slips and (separated or slips[0] in DAY_WORDS):
        message = f'"{{word}}": did you mean {slips[0]}? If it is to be said, put the words in quotes.'
        reader.fail("leftover", start, end, message, slips)
    return False


_REAL_WORDS: Final = frozenset(
    ("the", "hand", "band", "land", "sand", "any", "end", "them", "when", "ad", "ant")
)


def _glue_meant(word: str) -> tuple[str, ...]:
    """`adn` and `thn` in front of a clause join it to the words before."""
    if word in ("an", "nd"):
        return ("and",)
    return () if word in _REAL_WORDS else nearest(word, ("and", "then"))


_SPOKEN_HOW: Final = re.compile(
    rf"(?:{_LANGUAGE.pattern}|{_VOICE.pattern.replace('?P<name>', '')})(?=\s*$"
    rf"|[ ]?[,;.!?\n]|[ ](?:and|then|with|at|in|if|via|from|using)(?!\w))"
)
_GLUE_SLIP: Final = re.compile(r"(?<=[ ,])(?P<word>[a-z]{2,5})[ ]$")
_WEAK: Final = rx(
    r"now|asap|immediately|later|soon|at once|record(?:ed)?|play|say|speak|tell|wait|pause"
    r"|press|hang ?up|end|disconnect|text|sms"
    r"|send|menu|patch|connect|bridge|put|join|dial|together|announce|private(?:ly)?"
    r"|anonymously|shortly|eventually|whenever|one day"
)


def _is_weak(reader: Reader, pos: int) -> bool:
    """Everyday words: in the middle of unquoted words they may well be meant as words."""
    return bool(_WEAK.match(reader.low, pos))


def _sms(reader: Reader, clause_here: ClauseHere) -> Step | None:
    start = reader.pos
    if not reader.take(_SMS):
        return None
    text = words_here(reader, start, clause_here)
    sender = _sender(reader)
    reader.use("steps", start)
    return SendText(text=text, sender=sender)


def _sender(reader: Reader) -> PhoneNumber | None:
    start = reader.pos
    found = take_number(reader) if reader.take(_SMS_FROM) else None
    if found is None:
        reader.pos = start
        return None
    return found.number


# --- the short ones -------------------------------------------------------------------------------


def _wait(reader: Reader, _: ClauseHere) -> Step | None:
    start = reader.pos
    if not reader.take(_WAIT):
        return None
    begin, duration = reader.pos, take_duration(reader)
    if duration is None:
        if not ask_unit(reader, start, ("seconds", "minutes")):
            fail_duration(reader, start)
    elif duration.months or not 0 < duration.exact <= 3600:
        reader.fail(
            "bad_duration", begin, reader.pos, '"{word}" is not a pause I can make; an hour is the most.'
        )
    reader.use("steps", start)
    exact = duration.exact if duration else 1
    return Pause(seconds=int(exact) if exact == int(exact) else float(exact))


def _press(reader: Reader, _: ClauseHere) -> Step | None:
    start = reader.pos
    if not reader.take(PRESS):
        return None
    step = take_digits(reader, start)
    reader.use("steps", start)
    return step


def take_digits(reader: Reader, start: int) -> SendDigits:
    """The keys to press; a problem is noted when they are none."""
    begin = reader.pos
    quoted = reader.take_literal(Kind.QUOTED)
    if quoted:
        match = re.fullmatch(r"([0-9*#A-Da-dwW]+)(?:@(\d{2,4}))?", quoted.value.strip())
        digits, tone = (match[1], match[2]) if match else ("", None)
    else:
        digits, tone = _keys(reader)
    if not re.search(r"[0-9*#a-dA-D]", digits):
        _fail_digits(reader, start, begin)
        return SendDigits(digits="")
    digits = re.sub("[a-d]", lambda match: match[0].upper(), digits)
    return SendDigits(digits=digits, tone_ms=int(tone) if tone else None)


def _keys(reader: Reader) -> tuple[str, str | None]:
    word = reader.take(_KEY_WORD)
    if word:
        return _KEY_WORDS[word[0]], None
    match = reader.match(_DTMF)
    if not match or not re.search(r"[0-9*#]", match["digits"]):
        return "", None
    reader.go(match.end())
    return reader.text.plain(match.start("digits"), match.end("digits")), match["tone"]


def _fail_digits(reader: Reader, start: int, begin: int) -> None:
    reader.pos = begin
    word_start, word_end = reader.word()
    while word_end < len(reader.low) and reader.low[word_end] not in " \n,;":
        word_end += 1
    reader.go(word_end)
    if word_start == word_end:
        reader.fail("missing_argument", start, begin, "Which keys? 0-9, * and #; w waits half a second.")
    else:
        reader.fail(
            "bad_digits", word_start, word_end, '"{word}" are not keys: 0-9, *, #, A-D; w and W wait.'
        )


def _patch(reader: Reader, clause_here: ClauseHere) -> Step | None:
    start = reader.pos
    whom = reader.match(_PATCH_ME_TO)
    if whom and not reader.headed and not clause_here(reader.probe(whom.start("to"))):
        return None
    match = reader.take(PATCH_ME)
    if match:
        me = my_target(reader, match.start(), match.end())
        reader.use("steps", start)
        return Patch(target=me) if me else HangUp()
    put = reader.take(_PUT)
    if not put and not reader.take(_PATCH):
        return None
    target = take_target(reader, clause_here)
    if put and not reader.take(_IN):
        reader.pos = start
        return None
    reader.take(_IN)
    reader.use("steps", start)
    if target is None:
        if not reader.problems and not reader.doubts:
            reader.fail("no_target", start, reader.pos, "Patch in whom?")
        return HangUp()
    return Patch(target=target)


def _hang_up(reader: Reader, _: ClauseHere) -> Step | None:
    start = reader.pos
    if not reader.take(HANG_UP):
        return None
    reader.use("steps", start)
    return HangUp()


def _menu(reader: Reader, _: ClauseHere) -> Step | None:
    start = reader.pos
    if not reader.take(_MENU):
        return None
    reader.use("steps", start)
    code = reader.take(_MENU_CODE)
    if not code:
        reader.fail("missing_argument", start, max(reader.pos, start + 4), "Which menu? Give its code.")
        return Menu(code="")
    return Menu(code=reader.text.plain(code.start(), code.end()))
