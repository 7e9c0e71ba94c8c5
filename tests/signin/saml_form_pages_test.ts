// Sign-in pages of many kinds: athm accepts, chooses or resends nothing without a person.

import assert from "node:assert/strict";
import { Secret } from "../../src/model/secret.ts";
import { failsAs } from "../support/session_world.ts";
import { final, html, login, run } from "../support/saml/form_site.ts";

const start = "https://idp.example.com/";
const next = "https://idp.example.com/in";
const kept = { user: "ann", password: new Secret("kept-word") };

/** Pages that require a decision: which button is pressed, what is sent, and which text was shown. */
const decisions: Readonly<Record<string, readonly [page: string, sent: string, read: RegExp]>> = {
  "terms (Keycloak)": [
    `<title>Terms</title><div id=kc-terms-text>You give us your soul.</div><form method=post
     action=/in><input name=accept type=submit value=Accept><input name=cancel type=submit
     value=Decline></form>`,
    "cancel=Decline",
    /Terms: You give us your soul\./,
  ],
  "consent (Keycloak)": [
    `<title>Grant Access</title><h3>Do you grant these privileges?</h3><ul><li>Email<li>Phone</ul>
     <form method=post action=/in><input type=hidden name=code value=c1><input name=accept
     type=submit value=Yes><input name=cancel type=submit value=No></form>`,
    "code=c1&cancel=No",
    /Grant Access: Do you grant these privileges\? Email Phone/,
  ],
  "one button": [
    `<p>By going on you agree.</p><form method=post action=/in><button name=ok>Decline</button>
     </form>`,
    "ok=",
    /By going on you agree/,
  ],
  "a form for each answer": [
    `<p>Stay signed in?</p><form method=post action=/yes><button>Yes</button></form>
     <form method=post action=/in><input type=hidden name=stay value=0><button>Decline</button>
     </form>`,
    "stay=0",
    /Stay signed in\?/,
  ],
  "a script that could submit it": [
    `<p>Terms</p><form method=post action=/in><button name=a value=1>Agree</button><button name=a
     value=0>Decline</button></form><script>x.onclick = () => document.forms[0].submit()</script>`,
    "a=0",
    /Terms/,
  ],
  "a SAML request between the lines": [
    `<p>You agree to share everything.</p><form method=post action=/in><input type=hidden
     name=SAMLRequest value=q><input type=hidden name=agreed value=1><button>Decline</button></form>`,
    "SAMLRequest=q&agreed=1",
    /share everything/,
  ],
  "a box beside a button that skips validation": [
    `<p>You agree to everything.</p><form method=post action=/in><label><input type=checkbox name=t
     required>I agree</label><button name=go value=1 formnovalidate>Continue</button></form>`,
    "go=1",
    /agree to everything/,
  ],
  "a profile that is filled in already": [
    `<title>Update profile</title><form method=post action=/in><input name=email value=a@b.example>
     <input name=firstName value=Ann><button>Decline</button></form>`,
    "email=a%40b.example&firstName=Ann",
    /Update profile/,
  ],
};

for (const [name, [page, sent, read]] of Object.entries(decisions)) {
  Deno.test(`saml form: asks before it decides: ${name}`, async () => {
    const pages = { [start]: () => html(page), [next]: () => final() };
    const lonely = run(pages, { given: kept });
    await failsAs("needs-person", lonely.done, /requires a decision/, /--saml-via browser/);
    assert.deepEqual(lonely.posts(), []);

    const choice = page.includes("Decline") ? "Decline" : "No";
    const attended = run(pages, { choices: [choice] });
    const { choices } = await attended.done;
    assert.deepEqual(attended.posts(), [`POST ${next} ${sent}`]);
    assert.match(attended.system.captured.said.join("\n"), read);

    // The same page needs no prompt again; one with different text does.
    const again = run(pages, { given: { ...kept, choices } });
    await again.done;
    assert.deepEqual(again.posts(), [`POST ${next} ${sent}`]);
    const other = { ...pages, [start]: () => html(`<p>And your house.</p>${page}`) };
    await failsAs("needs-person", run(other, { given: { ...kept, choices } }).done, /decision/);
  });
}

Deno.test("saml form: asks again if terms changed after any length", async () => {
  const terms = (end: string) =>
    html(
      `<p>${"Be good. ".repeat(2000)}${end}</p><form method=post action=/in><button name=a>Accept
       </button><button name=b>Decline</button></form>`,
    );
  const pages = { [next]: () => final() };
  const first = run({ ...pages, [start]: () => terms("Keep it.") }, { choices: ["Accept"] });
  const given = { choices: (await first.done).choices };
  await run({ ...pages, [start]: () => terms("Keep it.") }, { given }).done;
  const changed = run({ ...pages, [start]: () => terms("Sell it.") }, { given });
  await failsAs("needs-person", changed.done, /requires a decision/);
  assert.deepEqual(changed.posts(), []);
});

Deno.test("saml form: tells thousands of options with the same label apart", async () => {
  const many = `<select name=s>${"<option>x".repeat(20_000)}</select>`;
  const page = `<form method=post action=/in>${many}<input name=otp><button>Go</button></form>`;
  const { done, offered } = run({ [start]: () => html(page) }, { choices: [] });
  await failsAs("cancelled", done, /cancelled/);
  assert.equal(new Set(offered[0]?.labels).size, 20_000);
});

/** Choices of a form with fields: what is offered, chosen and sent. */
const offers: Readonly<
  Record<string, readonly [page: string, labels: string, chosen: string, sent: string]>
> = {
  "the way of a code (F5)": [
    `<form method=post action=/in><input type=radio name=mfamethod value=push checked>Push
     <input type=radio name=mfamethod value=token>Token<br><input type=password name=otp>
     <input type=submit value=Logon></form>`,
    "Push,Token",
    "Token",
    "otp=123456&mfamethod=token",
  ],
  "the second of two devices (Keycloak)": [
    `<form method=post action=/in><input id=d0 style="display:none" type=radio
     name=selectedCredentialId value=u1 checked><label for=d0><span>Phone</span></label><input id=d1
     style="display:none" type=radio name=selectedCredentialId value=u2><label for=d1><span>Phone
     </span></label><input name=otp autocomplete=one-time-code><input type=submit name=login
     value="Sign In"></form>`,
    "Phone,Phone (2)",
    "Phone (2)",
    "otp=123456&selectedCredentialId=u2&login=Sign+In",
  ],
  "the second of two devices that a click selects (Keycloak)": [
    `<form method=post action=/in><input type=hidden name=selectedCredentialId value=u1><div
     onclick="toggleOTP(0, 'u1')"><span>Phone</span></div><div onclick="toggleOTP(1, 'u2')"><span
     >Tablet</span></div><input name=otp autocomplete=one-time-code><button onclick="x('u3')"
     name=login>Sign In</button></form>`,
    "Phone,Tablet",
    "Tablet",
    "otp=123456&selectedCredentialId=u2&login=",
  ],
  "a list": [
    `<form method=post action=/in><label for=s>Send to</label><select id=s name=to><option
     value=1>+49 1<option value=2>+49 2</select><input name=otp><button>Go</button></form>`,
    "+49 1,+49 2",
    "+49 2",
    "otp=123456&to=2",
  ],
  "several buttons": [
    `<form method=post action=/in><input name=otp><button name=b value=v>Verify</button><button
     name=b value=t>Trust this device</button></form>`,
    "Verify,Trust this device",
    "Verify",
    "otp=123456&b=v",
  ],
  "a box that must be ticked": [
    `<form method=post action=/in><input name=otp><label><input type=checkbox name=t required>I
     agree</label><button>Go</button></form>`,
    "Yes,No",
    "Yes",
    "otp=123456&t=on",
  ],
};

for (const [name, [page, labels, chosen, sent]] of Object.entries(offers)) {
  Deno.test(`saml form: offers what is visible: ${name}`, async () => {
    const pages = { [start]: () => html(page), [next]: () => final() };
    await failsAs("needs-person", run(pages).done, /requires a decision/);
    const attended = run(pages, { answers: ["123456"], choices: [chosen] });
    const { choices } = await attended.done;
    assert.deepEqual(attended.offered.map((each) => each.labels.join()), [labels]);
    assert.deepEqual(attended.posts(), [`POST ${next} ${sent}`]);
    // Later athm prompts only for the code.
    const later = run(pages, { answers: ["123456"], given: { choices } });
    await later.done;
    assert.deepEqual([later.posts(), later.offered], [attended.posts(), []]);
  });
}

Deno.test("saml form: offers the other button that asks for no code, and sends the form without one", async () => {
  const { done, posts, system } = run({
    [start]: () =>
      html(
        `<form method=post action=/in><input name=otp><button>Verify</button>
         <button name=resend value=1 formnovalidate formaction=/again>Send again</button></form>`,
      ),
    "https://idp.example.com/again": () => final(),
  }, { choices: ["Send again"] });
  await done;
  assert.deepEqual(posts(), ["POST https://idp.example.com/again otp=&resend=1"]);
  assert.deepEqual(system.asked, []);
});

Deno.test("saml form: asks again for a choice that was not accepted, and forgets one that failed", async () => {
  const method = (value: string) =>
    html(
      `<form method=post action=/in><input type=radio name=m value=push>Push<input type=radio name=m
       value=token>Token<button>Go</button></form>${value}`,
    );
  const pages = {
    [start]: () => method(""),
    [next]: async (request: Request) =>
      (await request.text()).includes("token") ? final() : method(""),
  };
  const first = run(pages, { choices: ["Push", "Token"] });
  const { choices } = await first.done;
  assert.deepEqual(choices.map(({ answer }) => answer), ["Token"]);
  await run(pages, { given: { choices } }).done;

  let failed = 0;
  const broken = { ...pages, [next]: () => html("<p>Try another way.</p>") };
  const given = { choices, choicesFailed: () => void failed++ };
  await failsAs("source", run(broken, { given }).done, /no form/);
  assert.equal(failed, 0);
  await failsAs("source", run(broken, { given, choices: [] }).done, /no form/);
  assert.equal(failed, 1);
});

Deno.test("saml form: a plain login with a kept password needs no prompt, and selects nothing", async () => {
  const { done, posts } = run({
    [start]: () =>
      html(
        `<header>Example</header><h1>Sign in</h1><form method=post action=/in><input name=user
         ><input type=password name=pass><label><input type=checkbox name=stay checked>Stay</label>
         <label><input type=checkbox name=news>News</label><button name=go value=1>Sign in</button>
         </form><footer>Terms apply.</footer>`,
      ),
    [next]: () => final(),
  }, { given: kept });
  await done;
  assert.deepEqual(posts(), [`POST ${next} user=ann&pass=kept-word&go=1`]);
});

Deno.test("saml form: the only button sends the fields, even if it skips validation", async () => {
  const { done, posts } = run({
    [start]: () =>
      html(
        `<form method=post action=/in><input name=user><input type=password name=pass><button
         formnovalidate>Sign in</button></form>`,
      ),
    [next]: () => final(),
  }, { given: kept });
  await done;
  assert.deepEqual(posts(), [`POST ${next} user=ann&pass=kept-word`]);
});

/** Pages that require a browser: athm sends nothing. */
const obstacles: Readonly<Record<string, readonly [page: string, says: RegExp, hint: RegExp]>> = {
  "a passkey (Keycloak)": [
    `<title>Passkey</title><form id=webauth method=post action=/in><input type=hidden
     name=clientDataJSON><input type=hidden name=authenticatorData><input type=hidden
     name=credentialId></form><input type=button value="Sign in with Passkey"><script type=module>
     import { authenticateByWebAuthn } from "/x.js"</script>`,
    /requires a passkey or a security key/,
    /--saml-via browser/,
  ],
  "a script's passkey on an empty page": [
    `<form method=post action=/in><input type=hidden name=token></form><script>
     navigator.credentials.get({}).then(() => document.forms[0].submit())</script>`,
    /requires a passkey or a security key/,
    /--saml-via browser/,
  ],
  "a page of scripts (Duo)": [
    `<p>Loading…</p><form id=plugin_form method=post action=/in><input type=hidden name=tx
     value=1></form><script src=/frame.js></script>`,
    /no form that continues to AWS, saying "Loading…"/,
    /--saml-via browser/,
  ],
  "a page whose script sends one of several forms": [
    `<form id=logout method=post action=/logout><input type=hidden name=a value=1></form><form id=go
     method=post action=/in><input type=hidden name=b value=1></form><script>
     document.getElementById('go').submit()</script>`,
    /no form that continues to AWS/,
    /--saml-via browser/,
  ],
  "a captcha (Google)": [
    `<form method=post action=/in><input type=password name=hiddenPassword aria-hidden=true
     tabindex=-1><img id=captchaimg src=/c.png><input name=ca><button>Next</button></form>`,
    /requires a captcha/,
    /--saml-via browser/,
  ],
  "a captcha beside the password": [
    `<form method=post action=/in><input name=user><input type=password name=pass>
     <div class="g-recaptcha" data-sitekey=k></div><button>Sign in</button></form>`,
    /requires a captcha/,
    /--saml-via browser/,
  ],
  "an authenticator to set up (Keycloak)": [
    `<title>Mobile Authenticator Setup</title><img id=kc-totp-secret-qr-code src="data:,">
     <form method=post action=/in><input name=totp><input type=hidden name=totpSecret value=s>
     <input name=userLabel><input type=submit value=Submit></form>`,
    /requires you to set up a sign-in method/,
    /once in a browser/,
  ],
  "recovery codes to write down (Keycloak)": [
    `<form method=post action=/in><input type=hidden name=generatedRecoveryAuthnCodes value=x>
     <button>Complete setup</button></form>`,
    /requires you to set up a sign-in method/,
    /once in a browser/,
  ],
};

for (const [name, [page, says, hint]] of Object.entries(obstacles)) {
  Deno.test(`saml form: sends nothing to ${name}`, async () => {
    const { done, posts } = run({ [start]: () => html(page), [next]: login }, {
      given: kept,
      answers: ["x"],
      choices: ["Next"],
    });
    await failsAs("source", done, says, hint);
    assert.deepEqual(posts(), []);
  });
}

Deno.test("saml form: a login beside a passkey's script is filled in", async () => {
  const { done, posts } = run({
    [start]: () =>
      html(
        `<form method=post action=/in><input name=user autocomplete="username webauthn"><input
         type=password name=pass><button>Sign in</button></form><form id=webauth method=post><input
         type=hidden name=clientDataJSON></form><div class="g-recaptcha" data-size=invisible></div>`,
      ),
    [next]: () => final(),
  }, { given: kept });
  await done;
  assert.deepEqual(posts(), [`POST ${next} user=ann&pass=kept-word`]);
});

Deno.test("saml form: an e-mail address after the password is no user name", async () => {
  const profile = `<title>Update profile</title><form method=post action=/end><input type=email
    name=email value=""><input name=firstName value=Ann><button>Submit</button></form>`;
  const { done, posts, system } = run({
    [start]: login,
    [next]: () => html(profile),
    "https://idp.example.com/end": () => final(),
  }, { given: kept, answers: ["ann@example.com"] });
  await done;
  assert.deepEqual(system.asked.map(({ question }) => question), ["email (idp.example.com): "]);
  assert.equal(
    posts()[1],
    "POST https://idp.example.com/end email=ann%40example.com&firstName=Ann",
  );
});

Deno.test("saml form: waits for an approval as the page says, and shows the number", async () => {
  let polls = 0;
  const push = (number: number, headers = {}) =>
    html(`<title>Approve</title><p>Tap <b>${number}</b> on your phone.</p>`, headers);
  const ways: readonly (() => Response)[] = [
    () => html(`<meta http-equiv=refresh content=3><p>Tap 42 on your phone.</p>`),
    () => push(42, { refresh: "3; url=/in" }),
  ];
  for (const way of ways) {
    polls = 0;
    const { done, slept, system, posts } = run({
      [start]: () => ++polls < 20 ? way() : final(),
      [next]: () => ++polls < 40 ? way() : final(),
    }, { answers: [] });
    await done;
    assert.ok(slept.length >= 19 && slept.every((each) => each === 3000));
    assert.equal(system.captured.said.length, 1);
    assert.match(system.captured.said[0] ?? "", /^athm: idp\.example\.com: .*Tap 42 on your phone/);
    assert.deepEqual(posts(), []);
  }
  const endless = { [start]: () => push(7, { refresh: "5" }) };
  for (const [asked, times] of [[{ answers: [] }, 60], [{}, 12]] as const) {
    const { done, slept } = run(endless, asked);
    await failsAs("source", done, /the same page again, saying "Tap 7 on your phone\."/, /browser/);
    assert.equal(slept.length, times);
  }
});

Deno.test("saml form: sends a form without fields once, and again only if a person or the page requires it", async () => {
  const circles: Readonly<Record<string, readonly [page: string, times: number]>> = {
    "by script": [
      `<form method=post action=/in><input type=hidden name=t value=1></form><script>poll()</script>`,
      1,
    ],
    "later": [
      `<p>Tap 42</p><form method=post action=/in></form><script>
       setTimeout("document.forms[0].submit()", 2000)</script>`,
      2,
    ],
    "by a person": [`<p>Tap 42</p><form method=post action=/in><button>Go</button></form>`, 2],
    "a SAML request": [
      `<form method=post action=/in><input name=SAMLRequest type=hidden></form>`,
      2,
    ],
  };
  for (const [name, [page, times]] of Object.entries(circles)) {
    const { done, posts, system } = run({ [start]: () => html(page), [next]: () => html(page) }, {
      choices: ["Go", "Go", "Go", "Go"],
    });
    await failsAs("source", done, /shows the same page again/, /wait for an approval/);
    assert.equal(posts().length, times, name);
    assert.equal(system.captured.said.join().includes("Tap 42"), page.includes("Tap 42"), name);
  }
});
