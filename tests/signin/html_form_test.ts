// Parsing a page's forms as a browser would, whatever the page contains.

import assert from "node:assert/strict";
import fc from "fast-check";
import { readHtml } from "../../src/signin/saml/html_form.ts";
import { anyCharacter } from "../support/any_character.ts";

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
      ["k", "text", "-"],
      ["m", "ro", "-"],
      ["n", "", "-"],
      ["o", "", "text"],
    ],
  );
});

Deno.test("html form: sets apart what a person sees and decides, by its label", () => {
  const [form] = readHtml(`<form>
    <fieldset><legend>Method</legend><input type=radio name=m value=push checked>Push <b>now</b>
      <input type=radio name=m value=token id=t><label for=t>Token</label>
      <input type=radio name=m value=off disabled>Off</fieldset>
    <input type=radio name=only value=1 checked>Only
    <input type=radio name=drawn value=a id=a class=sr-only><label for=a>Drawn</label>
    <label>Domain <select name=d><option value=1>Corp<option value=2 selected>Other
      <option disabled>None</select></label>
    <select name=one><option>x</select><select name=gone hidden><option>x<option>y</select>
    <label><input type=checkbox name=stay checked value=1> Stay</label>
    <input type=checkbox name=terms required> I agree <input type=checkbox name=idle>Idle
    <div style="display:none"><input type=checkbox name=hid checked></div>
    <button name=go value=1>Sign <b>in</b></button><input type=submit formaction=/c formnovalidate>
    <button hidden name=no>No</button><button type=button>Not sent</button>
    <input type=image name=i alt=Picture></form>`).forms;
  assert.ok(form);
  assert.deepEqual(
    form.choices.map((
      { label, options, start, otherwise, isIdle },
    ) => [label, options.map(({ label }) => label).join(), start?.label, otherwise?.label, isIdle]),
    [
      ["Method", "Push now,Token", "Push now", undefined, false],
      ["drawn", "Drawn", undefined, undefined, false],
      ["Domain Corp Other None", "Corp,Other", "Other", undefined, false],
      ["Stay", "Yes,No", "Yes", "No", false],
      ["I agree", "Yes,No", "No", undefined, false],
      ["Idle", "Yes,No", "No", "No", true],
    ],
  );
  assert.deepEqual(form.fields.map(({ name, value }) => [name, value]), [
    ["only", "1"],
    ["one", "x"],
    ["gone", "x"],
    ["hid", "on"],
  ]);
  assert.deepEqual(form.buttons.map(({ label, entries }) => [label, entries.join()]), [
    ["Sign in", "go,1"],
    ["Submit", ""],
    ["Picture", "i.x,1,i.y,1"],
  ]);
  assert.deepEqual([form.buttons[1]?.action, form.buttons[1]?.skips], ["/c", true]);
});

Deno.test("html form: asks only for what a person can see", () => {
  const decoys = [
    `<input type=password name=p aria-hidden=true>`,
    `<div aria-hidden="TRUE"><input type=password name=p></div>`,
    `<div style="display : none"><p><input type=password name=p></div>`,
    `<input type=password name=p style="position:absolute;left:-9999px">`,
    `<input type=password name=p style="opacity:0">`,
    `<div style="height:0;overflow:hidden"><input type=password name=p></div>`,
    `<input type=password name=p class="field moveOffScreen">`,
    `<input type=password name=p hidden>`,
    `<div inert><input type=password name=p></div>`,
    `<input type=hidden name=p>`,
  ];
  for (const decoy of decoys) {
    assert.deepEqual(fieldsOf(`<form>${decoy}</form>`), [["p", "", "-"]], decoy);
  }
  const seen = `<input type=password name=p style="opacity:0.9;width:100px;height:10px;left:-1px">`;
  assert.deepEqual(fieldsOf(`<form>${seen}</form>`), [["p", "", "password"]]);
});

Deno.test("html form: knows when a page surely submits a form by script", () => {
  const scripts: readonly (readonly [string, number | undefined])[] = [
    ["document.forms[0].submit()", 0],
    [" document.getElementById('f').submit();\n", 0],
    ["window.onload = function () { document.forms['f'].submit(); };", 0],
    ["(() => { document.f.requestSubmit() })()", 0],
    [`addEventListener("load", () => document.forms[0].submit())`, 0],
    ["//<![CDATA[\ndocument.forms[0].submit();\n//]]>", 0],
    ["<!--\ndocument.forms[0].submit();\n//-->", 0],
    ["window.setTimeout('document.forms[0].submit()', 0);", 0],
    ["setTimeout(function(){document.forms[0].submit()}, 2500)", 2500],
    ["function yes() { document.forms[0].submit() }", undefined],
    ["button.onclick = () => document.forms[0].submit()", undefined],
    ["if (agreed) document.forms[0].submit()", undefined],
    [`addEventListener("click", () => document.forms[0].submit())`, undefined],
  ];
  for (const [script, after] of scripts) {
    assert.equal(readHtml(`<script>${script}</script>`).submits, after, script);
  }
  assert.equal(readHtml(`<body onload="document.forms[0].submit()">`).submits, 0);
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
  const refreshes = (content: string) =>
    readHtml(`<meta http-equiv=Refresh content="${content}">`).refresh;
  assert.deepEqual(refreshes("3; URL='/next?a=b'"), { seconds: 3, url: "/next?a=b" });
  assert.deepEqual(refreshes("5"), { seconds: 5 });
  assert.equal(refreshes("soon"), undefined);
});

Deno.test("html form: parses any text in time bounded by its length", () => {
  const piece = fc.oneof(
    fc.string({ unit: anyCharacter, maxLength: 20 }),
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
