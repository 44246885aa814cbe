"""What a customer newly wrote, apart from what the mail program quoted below (or above) it and from the
signature. Nothing is thrown away: ``folded`` parts a text, both halves together are the whole.

Quotes are told by their mark (``>``), by the line that introduces them in English, German, French, Spanish,
Italian and Portuguese (or in any language, where marked lines follow), and by the heads that Outlook puts
above. Answers between the quoted lines leave the text whole, and so does a forwarded mail: there the quote
is what the customer wants to say.
"""

from __future__ import annotations

import html as html_entities
import re
from collections.abc import Sequence

_OPEN, _CLOSE, _BELOW = "\ue0f1", "\ue0f2", "\ue0f3"
_LONGEST = 100_000
_MOST_WRAPPED = 4
_LONGEST_INTRODUCTION = 400

_SPACES = re.compile(r"[ \t\u00a0\u202f\u2007]+")
_MARKED = re.compile(r"\s{0,3}(?:>|&gt;)")
_INTRODUCTION = re.compile(
    # Gmail, Apple Mail, Thunderbird, Yahoo, GMX, Outlook for phones.
    r"On\b.{4,300}\bwrote\s?:"
    r"|Am\b.{4,300}\bschrieb\b.{0,200}:"
    r"|(?:Le|Il)\b.{4,300}\ba\s[ée]crit\s?:"
    r"|El\b.{4,300}\b(?:escribi[óo]|va escriure)\s?:"
    r"|(?:Il|In data|Il giorno)\b.{4,300}\bha\sscritto\s?:"
    r"|(?:Em|A|No dia)\b.{4,300}\b(?:escreveu|escreve)\s?:"
    r"|Op\b.{4,300}\bschreef\b.{0,200}:"
    r"|.{2,200}\b(?:wrote|schrieb|escribi[óo]|escreveu)\b.{0,120}\d.{0,60}:"
    r"|.{0,120}\d.{0,120}\b(?:wrote|schrieb am|a [ée]crit|escribi[óo]|ha scritto|escreveu)\s?:",
    re.DOTALL,
)
_BEGINS = re.compile(r"(?:On|Am|Le|Il|El|In data|Em|A|No dia|Op)\b", re.IGNORECASE)
_ANY_INTRODUCTION = re.compile(r"(?=.*\d).{6,400}:", re.DOTALL)
_DIVIDER = re.compile(
    r"[-_=*]{3,}\s?(?:Original Message|Original-?Nachricht|Urspr[üu]ngliche (?:Nachricht|Mail|E-Mail)"
    r"|Message d['’]origine|Message original|Mensaje original|Messaggio originale|Mensagem original"
    r"|Original appointment|Reply message|Oorspronkelijk bericht)\s?[-_=*]{3,}:?",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"[-_=*\s]*(?:Begin forwarded message|Forwarded message|Forwarded Message|Anfang der weitergeleiteten"
    r" (?:Nachricht|E-Mail)|Weitergeleitete (?:Nachricht|Mail)|Message transf[ée]r[ée]"
    r"|D[ée]but du message (?:transf[ée]r[ée]|r[ée]exp[ée]di[ée])|Mensaje reenviado"
    r"|Inicio del mensaje reenviado"
    r"|Messaggio inoltrato|Inizio messaggio inoltrato|Mensagem encaminhada|Mensagem reencaminhada"
    r"|In[íi]cio da mensagem (?:encaminhada|reenviada))\s*:?[-_=*\s]*",
    re.IGNORECASE,
)
_FORWARD_SUBJECT = re.compile(r"\s*(?:fwd?|wg|tr|rv|enc|i|res-fw)\s*:", re.IGNORECASE)
_FROM = ("from", "von", "de", "da", "van", "expéditeur", "remitente")
_WHEN = (
    "sent", "date", "gesendet", "datum", "envoyé", "date d'envoi", "enviado", "enviado el", "enviado em",
    "fecha", "inviato", "data", "data di invio", "enviada", "enviada em", "verzonden",
)  # fmt: skip
_TO = ("to", "an", "à", "a", "para", "cc", "aan", "destinataire")
_ABOUT = ("subject", "betreff", "objet", "asunto", "oggetto", "assunto", "onderwerp")
_HEAD_LINE = re.compile(r"\W{0,3}([A-Za-zÀ-ÿ][A-Za-zÀ-ÿ' ]{0,16}?)\s?\*{0,2}\s?:\*{0,2}(?:\s|$)")
_RULE = re.compile(r"\s*(?:_{5,}|-{5,}|\*{5,})\s*")
_SIGNATURE = re.compile(r"--\s?")
_PHONE = re.compile(
    r"\s*(?:Sent from (?:my|the|Mail|Outlook|Yahoo|Proton|Samsung)|Get Outlook for|Sent via|Sent with"
    r"|Von (?:meinem|unterwegs)|Gesendet (?:von|mit|via|aus)|Diese Nachricht wurde von mein"
    r"|Holen Sie sich Outlook"
    r"|Outlook für (?:iOS|Android)"
    r"|Envoy[ée] (?:de|depuis|via|[àa] partir)|T[ée]l[ée]charge[rz] Outlook|Obtenez Outlook"
    r"|Enviado (?:desde|do|via|a partir|de mi|por)|Obtener Outlook|Obter o? ?Outlook|Enviada? do meu"
    r"|Inviato (?:da|con|dal)|Ottieni Outlook|Scarica Outlook)\b.{0,120}",
    re.IGNORECASE,
)
_LONGEST_SIGNATURE = 12

_BLOCKQUOTE = re.compile(r"<(/?)blockquote\b[^<>]*>", re.IGNORECASE)
_OUTLOOK = re.compile(
    r"<(?:div|hr)\b[^<>]*\bid\s*=\s*[\"']?(?:divRplyFwdMsg|appendonsend"
    r"|mail-editor-reference-message-container"
    r"|OLK_SRC_BODY_SECTION|reply-intro)[^<>]*>",
    re.IGNORECASE,
)


def folded(text: str, subject: str = "") -> tuple[str, str]:
    """(what is new, the rest). The rest is empty where nothing could be folded for certain, and always where
    nothing new would be left."""
    if len(text) > _LONGEST:
        return text, ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    keep = [True] * len(lines)
    if not _FORWARD_SUBJECT.match(subject):
        _fold_quotes(lines, keep)
    _fold_signature(lines, keep)
    new = "\n".join(line for line, kept in zip(lines, keep, strict=True) if kept).strip("\n")
    if not new.strip() or _is_only_marks(new):
        return text, ""
    rest = "\n".join(line for line, kept in zip(lines, keep, strict=True) if not kept).strip("\n")
    return new, rest


def marked_html(html: str) -> str:
    """HTML with its quotes marked in a way that survives becoming plain text; see ``unmarked``."""
    html = _OUTLOOK.sub(lambda found: f"<p>{_BELOW}</p>{found[0]}", html)
    return _BLOCKQUOTE.sub(lambda found: f"{found[0]}<p>{_CLOSE if found[1] else _OPEN}</p>", html)


def unmarked(text: str) -> str:
    """Plain text out of ``marked_html``: quoted lines begin with ``> ``, as in a plain mail."""
    if not any(mark in text for mark in (_OPEN, _CLOSE, _BELOW)):
        return text
    out: list[str] = []
    depth = 0
    for line in text.split("\n"):
        bare = line.strip()
        if bare in (_OPEN, _CLOSE):
            depth = max(0, depth + (1 if bare == _OPEN else -1))
        elif bare == _BELOW:
            out.append("-----Original Message-----")
        else:
            clean = line.replace(_OPEN, "").replace(_CLOSE, "").replace(_BELOW, "")
            out.append(f"{'>' * depth} {clean}".rstrip() if depth else clean)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(out)).strip()


def as_html(new: str, rest: str) -> str:
    """A plain mail with its folded part in a ``blockquote``, so that it stays readable."""
    return f"{_paragraphs(new)}<blockquote>{_paragraphs(rest)}</blockquote>"


def _paragraphs(text: str) -> str:
    blocks = re.split(r"\n\s*\n", text.strip("\n"))
    return "".join(
        f"<p>{html_entities.escape(one, quote=False).replace(chr(10), '<br>')}</p>" for one in blocks
    )


# --- quotes


def _fold_quotes(lines: Sequence[str], keep: list[bool]) -> None:
    start = _first_quote(lines)
    if start is None:
        _fold_end(lines, keep)
        return
    first, body, is_sure = start
    later = [at for at in range(body, len(lines)) if lines[at].strip()]
    own = [at for at in later if not _is_marked(lines[at])]
    marked = [at for at in later if _is_marked(lines[at])]
    above = any(line.strip() for line in lines[:first])
    if is_sure or not marked:
        if above:
            keep[first:] = [False] * (len(lines) - first)
        return
    last_marked = marked[-1]
    if not own or (above and all(at > last_marked and _is_tail(lines, at) for at in own)):
        keep[first:] = [False] * (len(lines) - first)
    elif own[0] > last_marked:
        # The quote first and the answer below it.
        keep[first : last_marked + 1] = [False] * (last_marked + 1 - first)
    else:
        _fold_end(lines, keep)


def _fold_end(lines: Sequence[str], keep: list[bool]) -> None:
    """Marked lines at the very end, which nobody answers."""
    at = len(lines)
    while at > 0 and (not lines[at - 1].strip() or _is_marked(lines[at - 1])):
        at -= 1
    if any(_is_marked(line) for line in lines[at:]) and any(line.strip() for line in lines[:at]):
        has_earlier = any(_is_marked(line) for line in lines[:at])
        if not has_earlier or len(lines) - at > 3:
            keep[at:] = [False] * (len(lines) - at)


def _first_quote(lines: Sequence[str]) -> tuple[int, int, bool] | None:
    """(first line of its introduction, first line of the quote, whether everything below is quoted whatever
    it looks like)."""
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if lines and _is_marked(lines[first]):
        return first, first, False
    for at, line in enumerate(lines):
        bare = line.strip()
        if not bare:
            continue
        if _FORWARDED.fullmatch(bare):
            return None
        if _DIVIDER.fullmatch(bare):
            return at, at + 1, True
        if _is_head_block(lines, at):
            above = at - 1
            while above >= 0 and not lines[above].strip():
                above -= 1
            return (above if above >= 0 and _RULE.fullmatch(lines[above]) else at), at, True
        if _is_marked(line):
            continue
        end = _introduction_end(lines, at)
        if end is not None:
            return at, end, False
    return None


def _introduction_end(lines: Sequence[str], at: int) -> int | None:
    """The line after an introduction that starts at ``at``; mail programs wrap it over up to four lines."""
    said = ""
    for end in range(at, min(at + _MOST_WRAPPED, len(lines))):
        bare = lines[end].strip()
        if not bare or _is_marked(lines[end]):
            return None
        said = _SPACES.sub(" ", f"{said} {bare}".strip())
        if len(said) > _LONGEST_INTRODUCTION:
            return None
        if not said.endswith(":"):
            if end == at and not _BEGINS.match(said) and not re.search(r"\d|@", said):
                return None
            continue
        following = next((line for line in lines[end + 1 : end + 4] if line.strip()), "")
        is_quoted_below = _is_marked(following)
        if is_quoted_below and _ANY_INTRODUCTION.fullmatch(said):
            return end + 1
        if _INTRODUCTION.fullmatch(said) and (is_quoted_below or re.search(r"\d", said)):
            return end + 1
        return None
    return None


def _is_marked(line: str) -> bool:
    return _MARKED.match(line) is not None


def _is_tail(lines: Sequence[str], at: int) -> bool:
    """Part of a signature or a note of the mail program below the quote."""
    start = next((i for i in range(at, -1, -1) if _SIGNATURE.fullmatch(lines[i].rstrip("\n"))), None)
    below_mark = start is not None and at - start <= _LONGEST_SIGNATURE
    return below_mark or _PHONE.fullmatch(lines[at]) is not None


def _is_head_block(lines: Sequence[str], at: int) -> bool:
    """``From: ... Sent: ... To: ... Subject: ...`` in any order that begins with the writer or the time; at
    least three of the four, the writer and the time or the subject among them."""
    names: list[str] = []
    for line in lines[at : at + 9]:
        match = _HEAD_LINE.match(line)
        if match:
            names.append(match[1].strip().lower())
        elif not line.strip() and names:
            continue
        elif not names:
            return False
    if not names or names[0] not in (*_FROM, *_WHEN) or not any(name in _FROM for name in names):
        return False
    has = [any(name in group for name in names) for group in (_WHEN, _TO, _ABOUT)]
    return sum(has) >= 2 and (has[0] or has[2])


# --- signatures


def _fold_signature(lines: Sequence[str], keep: list[bool]) -> None:
    kept = [at for at in range(len(lines)) if keep[at]]
    place = next((i for i, at in enumerate(kept) if _SIGNATURE.fullmatch(lines[at])), None)
    if place is not None:
        below = [one for one in kept[place + 1 :] if lines[one].strip()]
        if len(below) <= _LONGEST_SIGNATURE and not any(_is_marked(lines[one]) for one in below):
            for one in kept[place:]:
                keep[one] = False
    for at in reversed([one for one in kept if keep[one]]):
        if lines[at].strip() and not _PHONE.fullmatch(lines[at]):
            break
        keep[at] = False


def _is_only_marks(text: str) -> bool:
    return all(not line.strip() or _is_marked(line) for line in text.split("\n"))
