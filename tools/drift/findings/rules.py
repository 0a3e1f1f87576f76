"""The rules: what can happen to a contract, and whom it hurts. One literal table.

Each rule has a mirror: what the same change is called when the two documents change places. The level depends on the
direction: what a request may hold grows harmlessly where what a response may hold grows into code that does not expect
it. A change that concerns both directions has the worse of the two levels.

    breaking  code that was right before fails: refused by the server, by the type checker, or for want of a value
    risky     code that was right before may meet what it does not expect, or get another answer
    additive  there is something new to use
    neutral   nothing that is sent or read has to change
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.drift.findings.findings import LEVELS, Direction, Level


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        mirror: The rule of the same change with the documents swapped; its own id if it mirrors itself.
        request: The level where requests change; None where they cannot.
        response: The level where responses change; None where they cannot.
        sentence: What happened; `{what}` is the place, `{old}` and `{new}` are the values.
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


def kebab(keyword: str) -> str:
    """Return the first part of the rules about a keyword: `max-length` for maxLength."""
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in keyword)


def _limits() -> dict[str, Rule]:
    """Return the rules of all limits: tighter breaks requests, looser surprises the readers of responses."""
    table: dict[str, Rule] = {}
    for keywords, tighter, looser in ((UPPER, "decreased", "increased"), (LOWER, "increased", "decreased")):
        for keyword, says in keywords.items():
            name, moved = kebab(keyword), {"decreased": "fell", "increased": "rose"}
            table |= {
                f"{name}-added": Rule(
                    f"{name}-removed", "breaking", "neutral", f"The {says} of {{what}} is now {{new}}."
                ),
                f"{name}-removed": Rule(
                    f"{name}-added",
                    "additive",
                    "risky",
                    f"The {says} of {{what}} no longer has a limit; it was {{old}}.",
                ),
            }
            for change, mirror, request, response in (
                (tighter, looser, "breaking", "neutral"),
                (looser, tighter, "additive", "risky"),
            ):
                sentence = f"The {says} of {{what}} {moved[change]} from {{old}} to {{new}}."
                table[f"{name}-{change}"] = Rule(f"{name}-{mirror}", request, response, sentence)  # type: ignore[arg-type]
    return table


def _table(rows: str, sentences: dict[str, str]) -> dict[str, Rule]:
    words = {"B": "breaking", "R": "risky", "A": "additive", "N": "neutral", "-": None}
    table = {}
    for row in filter(None, map(str.strip, rows.splitlines())):
        name, mirror, request, response = row.split()
        mirror = name if mirror == "=" else mirror
        table[name] = Rule(mirror, words[request], words[response], sentences[name])  # type: ignore[arg-type]
    return table


# id, mirror (= for itself), level in requests, level in responses (- where it cannot happen).
RULES = (
    _table(
        """
    operation-added                   operation-removed                 A A
    operation-removed                 operation-added                   B B
    operation-moved                   =                                 B -
    operation-renamed                 =                                 B -
    operation-tag-changed             =                                 R -
    deprecated                        undeprecated                      N N
    undeprecated                      deprecated                        N N

    server-added                      server-removed                    A -
    server-removed                    server-added                      B -
    server-changed                    =                                 B -
    security-added                    security-removed                  B -
    security-removed                  security-added                    A -
    security-changed                  =                                 B -
    security-alternative-added        security-alternative-removed      A -
    security-alternative-removed      security-alternative-added        B -

    parameter-added                   parameter-removed                 A -
    parameter-removed                 parameter-added                   B -
    required-parameter-added          required-parameter-removed        B -
    required-parameter-removed        required-parameter-added          B -
    parameter-became-required         parameter-became-optional         B -
    parameter-became-optional         parameter-became-required         A -
    parameter-location-changed        =                                 B -
    parameter-style-changed           =                                 B -

    request-body-added                request-body-removed              A -
    request-body-removed              request-body-added                B -
    required-request-body-added       required-request-body-removed     B -
    required-request-body-removed     required-request-body-added       B -
    request-body-became-required      request-body-became-optional      B -
    request-body-became-optional      request-body-became-required      A -
    media-type-added                  media-type-removed                A A
    media-type-removed                media-type-added                  B B
    success-status-added              success-status-removed            - R
    success-status-removed            success-status-added              - B
    error-status-added                error-status-removed              - A
    error-status-removed              error-status-added                - N
    header-added                      header-removed                    - A
    header-removed                    header-added                      - R
    required-header-added             required-header-removed           - A
    required-header-removed           required-header-added             - B
    header-became-required            header-became-optional            - N
    header-became-optional            header-became-required            - B

    property-added                    property-removed                  A A
    property-removed                  property-added                    B B
    required-property-added           required-property-removed         B A
    required-property-removed         required-property-added           B B
    property-became-required          property-became-optional          B N
    property-became-optional          property-became-required          A B
    additional-properties-forbidden   additional-properties-allowed     B N
    additional-properties-allowed     additional-properties-forbidden   A R

    became-nullable                   became-not-nullable               A B
    became-not-nullable               became-nullable                   B N
    type-changed                      =                                 B B
    type-widened                      type-narrowed                     A B
    type-narrowed                     type-widened                      B N
    variant-added                     variant-removed                   A R
    variant-removed                   variant-added                     B N
    union-became-exclusive            union-became-inclusive            N N
    union-became-inclusive            union-became-exclusive            N N
    discriminator-added               discriminator-removed             N N
    discriminator-removed             discriminator-added               N R
    discriminator-changed             =                                 B B
    discriminator-mapping-added       discriminator-mapping-removed     A R
    discriminator-mapping-removed     discriminator-mapping-added       B N
    discriminator-mapping-changed     =                                 B B

    enum-value-added                  enum-value-removed                A R
    enum-value-removed                enum-value-added                  B N
    const-changed                     =                                 B B
    enum-added                        enum-removed                      B N
    enum-removed                      enum-added                        A R
    enum-opened                       enum-closed                       A R
    enum-closed                       enum-opened                       B N
    known-value-added                 known-value-removed               A A
    known-value-removed               known-value-added                 R N
    known-values-added                known-values-removed              A A
    known-values-removed              known-values-added                R N

    unique-items-added                unique-items-removed              B N
    unique-items-removed              unique-items-added                A R
    multiple-of-added                 multiple-of-removed               B N
    multiple-of-removed               multiple-of-added                 A R
    multiple-of-changed               =                                 B R
    pattern-added                     pattern-removed                   B N
    pattern-removed                   pattern-added                     A R
    pattern-changed                   =                                 R R
    format-added                      format-removed                    R N
    format-removed                    format-added                      A R
    format-changed                    =                                 R R
    text-type-changed                 =                                 B B
    default-added                     default-removed                   R N
    default-removed                   default-added                     R N
    default-changed                   =                                 R N
    became-read-only                  became-not-read-only              B N
    became-not-read-only              became-read-only                  A N
    became-write-only                 became-not-write-only             N B
    became-not-write-only             became-write-only                 N A
    keyword-added                     keyword-removed                   R R
    keyword-removed                   keyword-added                     R R
    keyword-changed                   =                                 R R
    """,
        {
            "operation-added": "The operation {what} was added: {new}.",
            "operation-removed": "The operation {what} was removed; it was {old}.",
            "operation-moved": "The operation {what} is now {new}; it was {old}.",
            "operation-renamed": "The operation at {what} is now called {new}; it was called {old}.",
            "operation-tag-changed": "The first tag of {what}, which names its module, is {new}; it was {old}.",
            "deprecated": "{what} is deprecated.",
            "undeprecated": "{what} is no longer deprecated.",
            "server-added": "A server was added: {new}.",
            "server-removed": "The server {old} was removed.",
            "server-changed": "The server is {new}; it was {old}.",
            "security-added": "{what} now requires credentials: {new}.",
            "security-removed": "{what} no longer requires credentials; it was {old}.",
            "security-changed": "{what} requires other credentials: {new}; it was {old}.",
            "security-alternative-added": "{what} also accepts these credentials: {new}.",
            "security-alternative-removed": "{what} no longer accepts these credentials: {old}.",
            "parameter-added": "The optional parameter {what} was added: {new}.",
            "parameter-removed": "The optional parameter {what} was removed; it was {old}.",
            "required-parameter-added": "The required parameter {what} was added: {new}.",
            "required-parameter-removed": "The required parameter {what} was removed; it was {old}.",
            "parameter-became-required": "The parameter {what} is now required.",
            "parameter-became-optional": "The parameter {what} is now optional.",
            "parameter-location-changed": "The parameter {what} is now sent in the {new}; it was sent in the {old}.",
            "parameter-style-changed": "The parameter {what} is now serialized as {new}; it was {old}.",
            "request-body-added": "{what} now accepts an optional body: {new}.",
            "request-body-removed": "{what} no longer accepts a body; it was optional: {old}.",
            "required-request-body-added": "{what} now requires a body: {new}.",
            "required-request-body-removed": "{what} no longer accepts a body; it was required: {old}.",
            "request-body-became-required": "The body of {what} is now required.",
            "request-body-became-optional": "The body of {what} is now optional.",
            "media-type-added": "{what} has a new media type: {new}.",
            "media-type-removed": "{what} no longer has the media type {old}.",
            "success-status-added": "{what} may now respond with {new}.",
            "success-status-removed": "{what} no longer responds with {old}.",
            "error-status-added": "{what} may now fail with {new}.",
            "error-status-removed": "{what} no longer fails with {old}.",
            "header-added": "The optional header {what} was added: {new}.",
            "header-removed": "The optional header {what} was removed; it was {old}.",
            "required-header-added": "The header {what}, which is always sent, was added: {new}.",
            "required-header-removed": "The header {what}, which was always sent, was removed; it was {old}.",
            "header-became-required": "The header {what} is now always sent.",
            "header-became-optional": "The header {what} may now be left out.",
            "property-added": "The optional property {what} was added: {new}.",
            "property-removed": "The optional property {what} was removed; it was {old}.",
            "required-property-added": "The required property {what} was added: {new}.",
            "required-property-removed": "The required property {what} was removed; it was {old}.",
            "property-became-required": "The property {what} is now required.",
            "property-became-optional": "The property {what} may now be left out.",
            "additional-properties-forbidden": "{what} may no longer hold properties that are not listed.",
            "additional-properties-allowed": "{what} may now hold properties that are not listed.",
            "became-nullable": "{what} may now be null.",
            "became-not-nullable": "{what} may no longer be null.",
            "type-changed": "{what} is now {new}; it was {old}.",
            "type-widened": "{what} may now be {new}; it was {old}.",
            "type-narrowed": "{what} may now only be {new}; it was {old}.",
            "variant-added": "{what} has a new variant: {new}.",
            "variant-removed": "{what} no longer has the variant {old}.",
            "union-became-exclusive": "{what} must now fit exactly one of its variants (oneOf).",
            "union-became-inclusive": "{what} may now fit several of its variants (anyOf).",
            "discriminator-added": "The variants of {what} are now distinguished by {new}.",
            "discriminator-removed": "The variants of {what} are no longer distinguished by {old}.",
            "discriminator-changed": "The variants of {what} are now distinguished by {new}; it was {old}.",
            "discriminator-mapping-added": "In {what}, the tag {new} now stands for a variant that had other tags.",
            "discriminator-mapping-removed": "In {what}, the tag {old} no longer stands for its variant.",
            "discriminator-mapping-changed": "In {what}, a variant's tag is now {new}; it was {old}.",
            "enum-value-added": "{what} has a new value: {new}.",
            "enum-value-removed": "{what} no longer has the value {old}.",
            "const-changed": "{what} is now always {new}; it was {old}.",
            "enum-added": "{what} is now one of {new}; it was any {old}.",
            "enum-removed": "{what} is now any {new}; it was one of {old}.",
            "enum-opened": "{what} now takes other values than those listed.",
            "enum-closed": "{what} no longer takes other values than those listed.",
            "known-value-added": "{what} lists a new value among those that it takes: {new}.",
            "known-value-removed": "{what} no longer lists the value {old}, though it takes any.",
            "known-values-added": "{what} now lists some of the values that it takes: {new}.",
            "known-values-removed": "{what} no longer lists some of the values that it takes: {old}.",
            "unique-items-added": "The items of {what} must now differ.",
            "unique-items-removed": "The items of {what} may now be equal.",
            "multiple-of-added": "{what} must now be a multiple of {new}.",
            "multiple-of-removed": "{what} need no longer be a multiple of {old}.",
            "multiple-of-changed": "{what} must now be a multiple of {new}; it was {old}.",
            "pattern-added": "{what} must now match {new}.",
            "pattern-removed": "{what} need no longer match {old}.",
            "pattern-changed": "{what} must now match {new}; it was {old}.",
            "format-added": "{what} now has the format {new}.",
            "format-removed": "{what} no longer has the format {old}.",
            "format-changed": "The format of {what} is now {new}; it was {old}.",
            "text-type-changed": "{what} is now read as {new}; it was read as {old}.",
            "default-added": "{what}, left out, now means {new}.",
            "default-removed": "{what}, left out, no longer means {old}.",
            "default-changed": "{what}, left out, now means {new}; it meant {old}.",
            "became-read-only": "{what} is now read-only.",
            "became-not-read-only": "{what} is no longer read-only.",
            "became-write-only": "{what} is now write-only.",
            "became-not-write-only": "{what} is no longer write-only.",
            "keyword-added": "{what} now has the keyword {keyword}: {new}.",
            "keyword-removed": "{what} no longer has the keyword {keyword}; it was {old}.",
            "keyword-changed": "The keyword {keyword} of {what} is now {new}; it was {old}.",
        },
    )
    | _limits()
)
