// Runs the search of a built site, in the site's own code: `node search.js SITE QUERY...` prints the pages found, as JSON.
"use strict";
const fs = require("fs");
const path = require("path");
const vm = require("vm");

const [site, ...queries] = process.argv.slice(2);
const found = {};
for (const query of queries) {
  const context = {
    _: (text) => text,
    _ready: () => {},
    console,
    document: { getElementById: () => null },
    localStorage: { setItem: () => {} },
    SPHINX_HIGHLIGHT_ENABLED: false,
    URLSearchParams,
    location: { search: `?q=${encodeURIComponent(query)}` },
  };
  context.window = context;
  vm.createContext(context);
  for (const name of ["_static/language_data.js", "_static/searchtools.js", "searchindex.js"]) {
    vm.runInContext(fs.readFileSync(path.join(site, name), "utf-8"), context, { filename: name });
  }
  // The last result is the one that is shown first.
  const search = "Search._performSearch(...Search._parseQuery(query)).reverse().map((result) => result[0])";
  found[query] = vm.runInContext(`((query) => ${search})(${JSON.stringify(query)})`, context);
}
console.log(JSON.stringify(found));
