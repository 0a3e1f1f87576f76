"""How the page of a report looks: by day, by night, on a narrow screen and on paper."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1c2128; --quiet: #57606a; --grid: #d8dee4; --card: #f6f8fa;
  --s1: #0b6e4f; --s2: #b5473c; --s3: #2c3e90; --good: #0b6e4f; --bad: #a33225; }
@media screen and (prefers-color-scheme: dark) { :root { --paper: #14171c; --ink: #e3e8ee; --quiet: #9aa5b1;
  --grid: #353c46; --card: #1d2229; --s1: #3fb68b; --s2: #f0887a; --s3: #93a8f4; --good: #3fb68b; --bad: #f0887a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem; max-width: 68rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; break-after: avoid; }
p { margin: .3rem 0; }
.state { font-weight: 600; overflow-wrap: anywhere; }
.good { color: var(--good); } .bad { color: var(--bad); }
.quiet { color: var(--quiet); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); gap: .6rem; margin: 1rem 0; }
.card { background: var(--card); border: 1px solid var(--grid); border-radius: .4rem; padding: .5rem .7rem; }
.card b { display: block; font-size: 1.35rem; font-variant-numeric: tabular-nums; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 1rem 1.5rem; }
figure { margin: 0; break-inside: avoid; }
figcaption { font-weight: 600; margin-bottom: .2rem; }
figure p { color: var(--quiet); font-size: .9rem; }
svg { width: 100%; height: auto; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .8rem .25rem 0; border-top: 1px solid var(--grid);
  overflow-wrap: anywhere; }
th { font-weight: 600; } tr { break-inside: avoid; } footer { break-before: avoid; }
tbody th { width: 13rem; font-weight: 400; color: var(--quiet); }
td.number, th.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; width: 7rem; }
td.number { overflow-wrap: normal; } td:first-child { min-width: 11rem; }
code { font-family: ui-monospace, monospace; font-size: .92em; }
ul { margin: .3rem 0; padding-left: 1.2rem; } li { overflow-wrap: anywhere; }
footer { margin-top: 2rem; border-top: 1px solid var(--grid); padding-top: .5rem; color: var(--quiet);
  font-size: .9rem; }
@media print { body { padding: 0; max-width: none; font-size: 9pt; } th, td { padding-block: .15rem; }
  .card { background: none; }  .plots { grid-template-columns: 1fr 1fr; gap: .6rem 1rem; } a { color: inherit; } }
@page { margin: 15mm; }
"""
