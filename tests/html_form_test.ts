// Parsing a page's forms as a browser would, whatever the page contains.

import assert from "node:assert/strict";
import fc from "fast-check";
import { readHtml } from "../src/signin/saml/html_form.ts";

const fieldsOf = (html: string, form = 0) =>
  readHtml(html).forms[form]?.fields.map(({ name, value, asks }) => [name, value, asks ?? "-"]);

Deno.test("html form: finds the entries a browser would send and the fields to fill in", () => {
  assert.deepEqual(
    fieldsOf(`<form>
      <input name=a value="1&amp;2"><input name=b type=HIDDEN value=h><input type=password name=c>
      <input type=checkbox name=d><input type=checkbox name=e checked><input type=radio name=f value=1>
      <input type=radio name=f value=2 checked><input type=file name=g><input type=reset name=h>
      <select name=i><option>one<option value=two>2</select>
      <select name=j><option>x<option selected value=y>z</select>
      <textarea name=k>text</textarea><input name=l disabled><input value=nameless>
      <input name=m readonly value=ro><input name=n style="display: none"><input name=o type=email>
      <button name=p value=first>Go</button><button name=q value=second>Other</button></form>`),
    [
      ["a", "1&2", "text"],
      ["b", "h", "-"],
      ["c", "", "password"],
      ["e", "on", "-"],
      ["f", "2", "-"],
      ["i", "one", "-"],
      ["j", "y", "-"],
      ["k", "text", "-"],
      ["m", "ro", "-"],
      ["n", "", "-"],
      ["o", "", "text"],
      ["p", "first", "-"],
    ],
  );
});

Deno.test("html form: assigns fields to forms and labels to fields, however nested", () => {
  const page = readHtml(`<!-- <form action=/comment> --><script>"<form action=/script>"</script>
    <template><form action=/template></form></template><base href="/base/">
    <table><form id=one action=go method=post><tr><td><input name=x></table>
    <input name=y form=one><label for=z>Zed:</label><input id=z name=z form=one>
    <label>Wrapped <input name=w form=one></label><input name=v form=one placeholder="Place">`);
  assert.deepEqual(page.forms.map(({ action, method }) => [action, method]), [["go", "POST"]]);
  const labels = page.forms[0]?.fields.map(({ name, label }) => [name, label]);
  assert.deepEqual(labels, [
    ["x", "x"],
    ["y", "y"],
    ["z", "Zed:"],
    ["w", "Wrapped"],
    ["v", "Place"],
  ]);
  assert.equal(page.base, "/base/");
  assert.equal(
    readHtml(`<meta http-equiv=Refresh content="3; URL='/next?a=b'">`).refresh,
    "/next?a=b",
  );
});

Deno.test("html form: parses any text in time bounded by its length", () => {
  const piece = fc.oneof(
    fc.string({ unit: "binary", maxLength: 20 }),
    fc.constantFrom(
      "<form>",
      "</form>",
      "<input name=a",
      "<table><tr>",
      "<svg>",
      "<template>",
      "<!--",
    ),
    fc.constantFrom(
      "<select><option>",
      "]]>",
      "<b>".repeat(50),
      "&#x10ffff;",
      "\0",
      "<label for=a>",
    ),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
      for (const { fields } of readHtml(pieces.join("")).forms) assert.ok(fields.length <= 500);
    }),
    { numRuns: 200 },
  );
  readHtml("<div>".repeat(100_000) + "<form><input name=a>");
});

Deno.test("html form: finds an error in time bounded by the page's length", () => {
  const deep = "<div class=error>".repeat(20_000);
  const page = readHtml(`${"<form><input name=x></form>".repeat(1000)}${deep}words`);
  const start = performance.now();
  assert.equal(page.error(page.forms[0]), "words");
  assert.ok(performance.now() - start < 5000);
});
