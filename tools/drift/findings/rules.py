"""The rules: what can change in a contract, and who is affected. One literal table.

Each rule has a mirror: what the same change is called when the two documents change places. The level depends on the
direction: what a request may hold grows harmlessly where what a response may hold grows into code that does not expect
it. A change that concerns both directions has the worse of the two levels.

    breaking  code that was right before fails: refused by the server, by the type checker, or for want of a value
    risky     code that was right before may meet what it does not expect, or get another answer
    additive  there is something new to use
    neutral   nothing that is sent or read has to change
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from tools.drift.findings.findings import LEVELS, Direction, Level


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        mirror: The rule of the same change with the documents swapped; its own id if it mirrors itself.
        request: The level where requests change; None where they cannot.
        response: The level where responses change; None where they cannot.
        sentence: What happened; `{what}` is the place, `{old}` and `{new}` are the values, `{a_old}` and
            `{a_new}` the kinds of value with an article.
    """

    mirror: str
    request: Level | None
    response: Level | None
    sentence: str

    def level(self, direction: Direction) -> Level:
        """Return the level for a direction."""
        levels = [self.request] if direction == "request" else [self.response] if direction == "response" else []
        levels = levels or [self.request, self.response]
        return min((level for level in levels if level is not None), key=LEVELS.index)


# The keywords that limit from above and from below, and what they limit.
UPPER = {
    "maximum": "largest value",
    "maxLength": "greatest length",
    "maxItems": "greatest number of items",
    "maxProperties": "greatest number of properties",
    "maxContains": "greatest number of items that fit `contains`",
}
LOWER = {
    "minimum": "smallest value",
    "minLength": "least length",
    "minItems": "least number of items",
    "minProperties": "least number of properties",
    "minContains": "least number of items that fit `contains`",
}


# The longest value that a sentence shows whole, and how many it shows of several.
_LONGEST_VALUE = 80
_MOST_VALUES = 8
# What a sentence says of one value, and of several.
_PLURALS = tuple(
    (f"{article} {noun}", f"{several} {noun}s")
    for article, several in (("a new", "new"), ("the", "the"))
    for noun in ("value", "variant", "media type")
)
# The rules about single values of a place, of which several say the same.
_OF_VALUES = ("enum-value-", "known-value-", "variant-", "media-type-", "success-status-", "error-status-")


# The neutral rules about something that code may say: what is deprecated, or is no longer received.
_USED_IF_NEUTRAL = ("deprecated", "undeprecated", "header-", "error-status-", "enum-value-", "known-value", "variant-")


def is_of_values(rule: str) -> bool:
    """Return whether findings of a rule at one place can be put in one sentence."""
    return rule.startswith(_OF_VALUES)


def concerns_modules(rule: str, level: Level) -> bool:
    """Return whether hand-written code may have to follow a change.

    Only generated code reads what distinguishes variants. Code that read replies stays correct if they only become
    narrower, or if only the meaning of an omitted value changes.
    """
    if rule.startswith(("discriminator-", "union-became-")):
        return False
    return level != "neutral" or rule.startswith(_USED_IF_NEUTRAL)


def sentence_of_several(rule: str, what: str, values: list[str]) -> str:
    """Return the sentence of a rule about several values of a place."""
    more = len(values) - _MOST_VALUES
    parts = values if more <= 1 else [*values[:_MOST_VALUES], f"{more} more"]
    words = f"{', '.join(parts[:-1])} and {parts[-1]}"
    sentence = RULES[rule].sentence
    for one, several in _PLURALS:
        sentence = sentence.replace(one, several)
    return sentence.format(what=what, old=words, new=words)


def shown_in_sentence(value: Any, rule: str) -> str:
    """Return a value for a sentence; kinds and places are words already."""
    if value is None and not rule.startswith("keyword-"):
        return "plain text" if rule == "text-type-changed" else "nothing"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return text if len(text) <= _LONGEST_VALUE else f"{text[: _LONGEST_VALUE - 1]}…"


def with_article(kind: str) -> str:
    """Return the kind of a value as a part of a sentence: `an object with id`, `a string or null`."""
    word = re.match("(array|boolean|integer|map|number|object|string)\\b", kind)
    return kind if word is None else f"{'an' if word[1][0] in 'aio' else 'a'} {kind}"


def kebab(keyword: str) -> str:
    """Return the first part of the rules about a keyword: `max-length` for maxLength."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in keyword)


# id, level in requests, level in responses (- where it cannot happen), sentence.
_ROWS = """
operation-added                 A A  The operation {what} was added: {new}.
operation-removed               B B  The operation {what} was removed; it was {old}.
operation-moved                 B -  The operation {what} is now {new}; it was {old}.
operation-renamed               B -  The operation at {what} is now called {new}; it was called {old}.
operation-tag-changed           R -  The first tag of {what}, which names its module, is {new}; it was {old}.
deprecated                      N N  {what} is deprecated.
undeprecated                    N N  {what} is no longer deprecated.

server-added                    A -  A server was added: {new}.
server-removed                  B -  The server {old} was removed.
server-changed                  B -  The server is {new}; it was {old}.
security-added                  B -  {what} now requires credentials: {new}.
security-removed                A -  {what} no longer requires credentials; it was {old}.
security-changed                B -  {what} requires other credentials: {new}; it was {old}.
security-alternative-added      A -  {what} also accepts these credentials: {new}.
security-alternative-removed    B -  {what} no longer accepts these credentials: {old}.

parameter-added                 A -  The optional parameter {what} was added: {new}.
parameter-removed               B -  The optional parameter {what} was removed; it was {a_old}.
required-parameter-added        B -  The required parameter {what} was added: {new}.
required-parameter-removed      B -  The required parameter {what} was removed; it was {a_old}.
parameter-became-required       B -  The parameter {what} is now required.
parameter-became-optional       A -  The parameter {what} is now optional.
parameter-location-changed      B -  The parameter {what} is now sent in the {new}; it was sent in the {old}.
parameter-style-changed         B -  The parameter {what} is now serialized as {new}; it was {old}.

request-body-added              A -  {what} now accepts an optional body: {new}.
request-body-removed            B -  {what} no longer accepts a body; it was optional: {old}.
required-request-body-added     B -  {what} now requires a body: {new}.
required-request-body-removed   B -  {what} no longer accepts a body; it was required: {old}.
request-body-became-required    B -  The body of {what} is now required.
request-body-became-optional    A -  The body of {what} is now optional.
media-type-added                A A  {what} has a new media type: {new}.
media-type-removed              B B  {what} no longer has the media type {old}.
success-status-added            - R  {what} may now respond with {new}.
success-status-removed          - B  {what} no longer responds with {old}.
error-status-added              - A  {what} may now fail with {new}.
error-status-removed            - N  {what} no longer fails with {old}.
header-added                    - A  The optional header {what} was added: {new}.
header-removed                  - R  The optional header {what} was removed; it was {a_old}.
required-header-added           - A  The header {what}, which is always sent, was added: {new}.
required-header-removed         - B  The header {what}, which was always sent, was removed; it was {a_old}.
header-became-required          - N  The header {what} is now always sent.
header-became-optional          - B  The header {what} may now be left out.

property-added                  A A  The optional property {what} was added: {new}.
property-removed                B B  The optional property {what} was removed; it was {a_old}.
required-property-added         B A  The required property {what} was added: {new}.
required-property-removed       B B  The required property {what} was removed; it was {a_old}.
property-became-required        B N  The property {what} is now required.
property-became-optional        A B  The property {what} may now be left out.
additional-properties-forbidden B N  {what} may no longer hold properties that are not listed.
additional-properties-allowed   A R  {what} may now hold properties that are not listed.

became-nullable                 A B  {what} may now be null.
became-not-nullable             B N  {what} may no longer be null.
type-changed                    B B  {what} is now {a_new}; it was {a_old}.
type-widened                    A B  {what} may now be {a_new}; it was {a_old}.
type-narrowed                   B N  {what} may now only be {a_new}; it was {a_old}.
variant-added                   A R  {what} has a new variant: {new}.
variant-removed                 B N  {what} no longer has the variant {old}.
union-became-exclusive          N N  {what} must now fit exactly one of its variants (oneOf).
union-became-inclusive          N N  {what} may now fit several of its variants (anyOf).
discriminator-added             N N  The variants of {what} are now distinguished by {new}.
discriminator-removed           N R  The variants of {what} are no longer distinguished by {old}.
discriminator-changed           B B  The variants of {what} are now distinguished by {new}; it was {old}.
discriminator-mapping-added     A R  In {what}, the tag {new} now stands for a variant that had other tags.
discriminator-mapping-removed   B N  In {what}, the tag {old} no longer stands for its variant.
discriminator-mapping-changed   B B  In {what}, a variant's tag is now {new}; it was {old}.

enum-value-added                A R  {what} has a new value: {new}.
enum-value-removed              B N  {what} no longer has the value {old}.
const-changed                   B B  {what} is now always {new}; it was {old}.
enum-added                      B N  {what} is now one of {new}; it was any {old}.
enum-removed                    A R  {what} is now any {new}; it was one of {old}.
enum-opened                     A R  {what} now takes other values than those listed.
enum-closed                     B N  {what} no longer takes other values than those listed.
known-value-added               A A  {what} lists a new value among those that it takes: {new}.
known-value-removed             R N  {what} no longer lists the value {old}, though it takes any.
known-values-added              A A  {what} now lists some of the values that it takes: {new}.
known-values-removed            R N  {what} no longer lists some of the values that it takes: {old}.

unique-items-added              B N  The items of {what} must now differ.
unique-items-removed            A R  The items of {what} may now be equal.
multiple-of-added               B N  {what} must now be a multiple of {new}.
multiple-of-removed             A R  {what} need no longer be a multiple of {old}.
multiple-of-changed             B R  {what} must now be a multiple of {new}; it was {old}.
pattern-added                   B N  {what} must now match {new}.
pattern-removed                 A R  {what} need no longer match {old}.
pattern-changed                 R R  {what} must now match {new}; it was {old}.
format-added                    R N  {what} now has the format {new}.
format-removed                  A R  {what} no longer has the format {old}.
format-changed                  R R  The format of {what} is now {new}; it was {old}.
text-type-changed               B B  {what} is now read as {new}; it was read as {old}.
default-added                   R N  {what}, left out, now means {new}.
default-removed                 R N  {what}, left out, no longer means {old}.
default-changed                 R N  {what}, left out, now means {new}; it meant {old}.
became-read-only                B N  {what} is now read-only.
became-not-read-only            A N  {what} is no longer read-only.
became-write-only               N B  {what} is now write-only.
became-not-write-only           N A  {what} is no longer write-only.
restriction-added               B N  {what} is now restricted by {keyword}: {new}.
restriction-removed             A R  {what} is no longer restricted by {keyword}; it was {old}.
restriction-changed             R R  What {keyword} restricts {what} to is now {new}; it was {old}.
keyword-added                   R R  {what} now has the keyword {keyword}: {new}.
keyword-removed                 R R  {what} no longer has the keyword {keyword}; it was {old}.
keyword-changed                 R R  The keyword {keyword} of {what} is now {new}; it was {old}.
"""

# The same of a limit. Tighter breaks requests, looser surprises the readers of responses.
_LIMIT = """
-added      B N  The {limit} of {what} is now {new}.
-removed    A R  {what} no longer has a {limit}; it was {old}.
"""
_UPPER_LIMIT = """
-decreased  B N  The {limit} of {what} fell from {old} to {new}.
-increased  A R  The {limit} of {what} rose from {old} to {new}.
"""
_LOWER_LIMIT = """
-increased  B N  The {limit} of {what} rose from {old} to {new}.
-decreased  A R  The {limit} of {what} fell from {old} to {new}.
"""
_LEVELS: dict[str, Level | None] = {"B": "breaking", "R": "risky", "A": "additive", "N": "neutral", "-": None}

# The part of an id that differs from the mirror's; an id without one is its own mirror.
_OPPOSITES = (
    ("-added", "-removed"),
    ("-required", "-optional"),
    ("-forbidden", "-allowed"),
    ("-widened", "-narrowed"),
    ("-increased", "-decreased"),
    ("-opened", "-closed"),
    ("-exclusive", "-inclusive"),
    ("became-not-", "became-"),
    ("undeprecated", "deprecated"),
)


def _rules(rows: str, stem: str = "", limit: str = "") -> dict[str, Rule]:
    rules = {}
    for row in filter(None, rows.splitlines()):
        name, request, response, sentence = row.split(maxsplit=3)
        sentence = sentence.replace("{limit}", limit)
        rules[stem + name] = Rule(_mirror(stem + name), _LEVELS[request], _LEVELS[response], sentence)
    return rules


def _mirror(name: str) -> str:
    for pair in _OPPOSITES:
        for part, opposite in (pair, pair[::-1]):
            if part in name:
                return name.replace(part, opposite)
    return name


RULES = _rules(_ROWS)
for _keyword, _limit in UPPER.items():
    RULES |= _rules(_LIMIT + _UPPER_LIMIT, kebab(_keyword), _limit)
for _keyword, _limit in LOWER.items():
    RULES |= _rules(_LIMIT + _LOWER_LIMIT, kebab(_keyword), _limit)
