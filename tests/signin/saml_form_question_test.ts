// Whatever a page shows, it is not submitted without a question.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { html, run } from "../support/saml/form_site.ts";

const start = "https://idp.example.com/";
const next = "https://idp.example.com/in";
const kept = { user: "ann", password: new Secret("kept-word") };

/** Page fragments with their visible text. */
const visible = [
  "<p>You agree.</p>",
  "<button name=a value=1>Yes</button>",
  "<input type=submit name=b value=No>",
  "<input type=radio name=r value=1 checked>One",
  "<input type=radio name=r value=2>Two",
  "<select name=s><option>a<option>b</select>",
  "<label><input type=checkbox name=c checked> I agree</label>",
  "<input name=firstName value=Ann>",
  "<iframe src=/prompt></iframe>",
];
const invisible = [
  "<form method=post action=/in>",
  "<form method=post action=/in onsubmit='x()'>",
  "</form>",
  "<input type=hidden name=SAMLRequest value=q>",
  "<input type=hidden name=h value=1>",
  "<script>function go() { document.forms[0].submit() }</script>",
  "<script>1</script>",
  "<div>",
  "</div>",
  "<div hidden>",
  "<noscript><button>Continue</button></noscript>",
];

Deno.test("saml form: no page with a visible choice or text is submitted without a question", async () => {
  const pieces = fc.array(fc.constantFrom(...visible, ...invisible), { maxLength: 10 });
  const counts = { posted: 0, asked: 0 };
  await fc.assert(
    fc.asyncProperty(pieces, pieces, async (first, second) => {
      const page = (parts: readonly string[]) => parts.join("");
      const pages = { [start]: () => html(page(first)), [next]: () => html(page(second)) };
      // Hidden content hides its descendants; a SAML message may be next to text.
      const isPlain = (parts: readonly string[]) =>
        !parts.some((part) => /div hidden|SAMLRequest/.test(part));
      const lonely = run(pages, { given: kept });
      const error: unknown = await lonely.done.then(() => assert.fail("no assertion"), (e) => e);
      assert.ok(error instanceof Failure, String(error));
      const isSeen = isPlain(first) && first.some((part) => visible.includes(part));
      if (isSeen) assert.deepEqual(lonely.posts(), [], page(first));
      counts.posted += lonely.posts().length;
      if (error.code === "needs-person") counts.asked++;
      const times = Map.groupBy(lonely.posts(), (post) => post);
      for (const [post, all] of times) assert.ok(all.length <= 2, post);
    }),
    { numRuns: 400 },
  );
  // The pages cover every kind.
  assert.ok(counts.posted > 5 && counts.asked > 50, JSON.stringify(counts));
});
