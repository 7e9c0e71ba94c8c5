// athm quotes a provider's error message, but nothing that was typed.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { anyCharacter } from "../support/any_character.ts";
import { failsAs } from "../support/session_world.ts";
import { final, html, login, run } from "../support/saml/form_site.ts";

/** Each provider's page after wrong input, in its own markup. */
const rejections: Readonly<Record<string, readonly [page: string, words: string]>> = {
  adfs: [
    `<div id="loginArea"><form method=post id=loginForm action=/in autocomplete=off novalidate>
       <div id="error" class="fieldMargin error smallText">
         <span id="errorText" for="" aria-live="assertive" role="alert">Incorrect user ID or
           password. Type the correct user ID and password, and try again.</span></div>
       <div id=formsAuthenticationArea><input id=userNameInput name=user type=email value="ann">
       <input id=passwordInput name=pass type=password></div></form></div>`,
    "Incorrect user ID or password. Type the correct user ID and password, and try again.",
  ],
  entra: [
    `<p role=alert>The service is in maintenance on Sunday.</p>
     <div class="sign-in"><div aria-live="polite"></div>
     <form name=f1 method=post action=/in><div class="row"><div class="form-group">
       <div role=alert aria-live=assertive><div id="passwordError" class="alert alert-error">Your
         account has been locked. Contact your support person.</div></div>
       <input name=user><input name=pass type=password placeholder=Password></div></div></form></div>`,
    "Your account has been locked. Contact your support person.",
  ],
  keycloak: [
    `<div id="kc-content"><div class="alert-error pf-c-alert pf-m-inline pf-m-danger">
       <div class="pf-c-alert__icon"><span class="kc-feedback-icon"></span></div>
       <span class="pf-c-alert__title kc-feedback-text">Account is disabled, contact your
         administrator.</span></div>
     <form id=kc-form-login method=post action=/in><div class="form-group has-error">
       <label for=u>User</label><input id=u name=user aria-invalid=true></div>
       <input name=pass type=password></form></div>`,
    "Account is disabled, contact your administrator.",
  ],
  ping: [
    `<div class="ping-container"><form method=POST action=/in>
       <div class="ping-messages"><div class="ping-error">We didn&#39;t recognize the username or
       password you entered.</div><div class="ping-error" style="display: none">hidden</div></div>
       <div class="ping-input-container"><input name=user><input type=password name=pass></div>
     </form></div>`,
    "We didn't recognize the username or password you entered.",
  ],
  "an expired code": [
    `<div aria-live="polite">The code has expired.</div>
     <form method=post action=/in><input name=user><input type=password name=pass></form>`,
    "The code has expired.",
  ],
};

for (const [name, [page, words]] of Object.entries(rejections)) {
  Deno.test(`saml form: quotes what the provider reports as an error (${name})`, async () => {
    let times = 0;
    const { done, system } = run({
      "https://idp.example.com/": login,
      "https://idp.example.com/in": () => ++times === 1 ? html(page) : final(),
    }, { answers: ["ann", "first-password", "ann", "second-password", "x"] });
    await done;
    assert.deepEqual(system.captured.said, [
      `athm: idp.example.com rejected that, saying ${JSON.stringify(words)}; try again`,
    ]);
  });
}

Deno.test("saml form: quotes the provider after the last try, without prompts, and without a form", async () => {
  const [page, words] = rejections.keycloak ?? ["", ""];
  const pages = {
    "https://idp.example.com/": login,
    "https://idp.example.com/in": () => html(page),
  };
  const answers = ["ann", "one", "ann", "two", "ann", "three", "ann", "four"];
  await failsAs("source", run(pages, { answers }).done, new RegExp(words));
  const given = { user: "ann", password: new Secret("kept-password") };
  await failsAs("needs-person", run(pages, { given }).done, new RegExp(words));
  const blocked = {
    "https://idp.example.com/": login,
    "https://idp.example.com/in": () =>
      html("<h1>Sorry</h1><p class=error-message>Code expired</p>"),
  };
  await failsAs("source", run(blocked, { answers }).done, /AWS, saying "Code expired"/);
});

const keycloak = (title: string, status: number) => () =>
  new Response(
    `<div id="kc-error-message"><p class="instruction">${title}</p></div>`,
    { status, headers: { "content-type": "text/html" } },
  );

Deno.test("saml form: names a wrong client or realm, a lost session, and a provider that is down", async () => {
  const start = "https://idp.example.com/";
  const first: readonly (readonly [number, RegExp, RegExp])[] = [
    [400, /^idp\.example\.com rejected the sign-in URL \(HTTP 400\), saying "No client"$/, /realm/],
    [404, /^idp\.example\.com rejected the sign-in URL \(HTTP 404\)/, /--saml-url/],
    [403, /^idp\.example\.com denied access .* \(HTTP 403\)/, /--saml-via browser/],
    [503, /^idp\.example\.com failed .* \(HTTP 503\)/, /try again/],
  ];
  for (const [status, says, hint] of first) {
    await failsAs("source", run({ [start]: keycloak("No client", status) }).done, says, hint);
  }
  const lost = { [start]: login, [`${start}in`]: keycloak("Page has expired", 400) };
  await failsAs(
    "source",
    run(lost, { answers: ["ann", "a-password"] }).done,
    /^idp\.example\.com rejected the sign-in \(HTTP 400\)/,
    /run it again/,
  );
});

Deno.test("saml form: names an approval that only a script follows, and posts nothing", async () => {
  const start = "https://idp.example.com/";
  const swipe = (more = "") =>
    html(
      `${more}<div class=authenticating>Authenticating on <b>Ann's phone</b></div>
       <form method=POST action=/pingid/ppm/auth/status id=form1><input type=hidden name=csrfToken
       value=x><noscript><input type=submit value=Resume></noscript></form><form method=GET
       action=/pingid/ppm/auth/response><input type=hidden name=status></form>
       <script src=/getAuthStatus.js></script>`,
    );
  const { done, requests } = run({ [start]: () => swipe() }, { answers: [] });
  await failsAs(
    "source",
    done,
    /^idp\.example\.com waits for an approval on another device/,
    /--saml-via browser/,
  );
  assert.deepEqual(requests, [`GET ${start}`]);
  const refused = run({ [start]: () => swipe("<p role=alert>Request denied</p>") });
  await failsAs("source", refused.done, /no form that continues to AWS, saying "Request denied"/);
});

Deno.test("saml form: never quotes a password, a code or the value of a field", async () => {
  const secret = "correct horse \u200bbattery";
  const pages = (text: string) => ({
    "https://idp.example.com/": login,
    "https://idp.example.com/in": () =>
      html(
        `<form method=post action=/in><div role=alert>${text}</div><input type=hidden name=t
         value="hidden-token"><input name=user value="ann@example.com"><input type=password name=pass>`,
      ),
  });
  const said = async (text: string) => {
    const { done, system } = run(pages(text), { answers: ["ann@example.com", secret] });
    await failsAs("cancelled", done, /cancelled/);
    return system.captured.said.join();
  };
  assert.equal(
    await said(`"correct&nbsp;horse battery" is wrong`),
    "athm: idp.example.com rejected that; try again",
  );
  assert.equal(
    await said("ann@example.com is locked (hidden-token)"),
    'athm: idp.example.com rejected that, saying "… is locked (…)"; try again',
  );
  assert.equal(
    await said("<textarea name=x>typed</textarea>Wrong"),
    "athm: idp.example.com rejected that; try again",
  );
});

Deno.test("saml form: any error text is quoted in one clean line of at most 200 characters", async () => {
  const text = fc.string({ unit: anyCharacter, maxLength: 1000 });
  const escaped = (value: string) => value.replace(/[&<]/g, (each) => `&#${each.charCodeAt(0)};`);
  await fc.assert(
    fc.asyncProperty(text, text, async (words, password) => {
      const { done, system } = run({
        "https://idp.example.com/": login,
        "https://idp.example.com/in": () =>
          html(`<div class="error">${escaped(words)}</div><form method=post action=/in>
          <input name=user><input type=password name=pass></form>`),
      }, { answers: ["ann", `p${password}`] });
      await done.catch((error) => assert.ok(error instanceof Failure));
      const [line = ""] = system.captured.said;
      const quoted = /^athm: idp\.example\.com rejected that(?:, saying (".*"))?; try again$/.exec(
        line,
      );
      assert.ok(quoted, line);
      const shown: string = JSON.parse(quoted[1] ?? '""');
      assert.ok(shown.length <= 200, `${shown.length}`);
      assert.doesNotMatch(shown, /[\p{C}\p{Zl}\p{Zp}]/u);
      if (password.trim().length > 3) assert.ok(!shown.includes(`p${password}`));
    }),
    { numRuns: 100 },
  );
});
