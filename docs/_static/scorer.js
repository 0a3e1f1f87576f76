// How the site's search ranks what it found: guides first, then the reference, then pages for contributors.
var Scorer = {
  // Sphinx's own numbers.
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,

  score: ([page, heading, , , score]) => {
    if (/^(architecture|changelog|contributing|decisions\/.*|drift|drift-rules|generating|other-specs)$/.test(page)) {
      return score - 12;
    }
    if (page.startsWith("reference/")) {
      return score - 3;
    }
    // Of the guides with the word in a heading, the one whose title is about it.
    const title = heading.toLowerCase().split(" > ")[0];
    const query = new URLSearchParams(window.location.search).get("q").toLowerCase();
    const word = (query.match(/\w+/g) || []).find((each) => title.includes(each));
    return word ? score + 1 + word.length / title.length : score;
  },
};
