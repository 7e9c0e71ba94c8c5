// Signing in by forms: which way is taken, and where nothing may be sent.

import assert from "node:assert/strict";
import fc from "fast-check";
import { Failure } from "../../src/model/failure.ts";
import { Secret } from "../../src/model/secret.ts";
import { failsAs } from "../support/session_world.ts";
import { final, html, login, run, to } from "../support/saml/form_site.ts";

Deno.test("saml form: follows redirects with each host's cookies to the assertion", async () => {
  const { done, requests, system } = run({
    "https://idp.example.com/": () =>
      to("https://login.example.com/a", 302, { "set-cookie": "start=1; Secure; HttpOnly" }),
    "https://login.example.com/a": ({ method }) =>
      method === "POST"
        ? final()
        : html(`<form method=post><input name=user><input type=password name=pass>`, {
          "set-cookie": "step=2; Path=/a",
        }),
  }, { answers: ["ann", "pä ss&word"] });
  const { assertion, user } = await done;
  assert.deepEqual([assertion.reveal(), user], ["PHg+", "ann"]);
  assert.deepEqual(requests, [
    "GET https://idp.example.com/",
    "GET https://login.example.com/a",
    "POST https://login.example.com/a cookie step=2 user=ann&pass=p%C3%A4+ss%26word",
  ]);
  assert.deepEqual(system.asked, [
    { question: "User name at login.example.com: ", secret: false },
    { question: "Password of ann at login.example.com: ", secret: true },
  ]);
});

Deno.test("saml form: uses given answers once, without a prompt", async () => {
  let tries = 0;
  let refusals = 0;
  const pages = {
    "https://idp.example.com/": login,
    "https://idp.example.com/in": () => ++tries < 2 ? login() : final(),
  };
  const given = {
    user: "ann",
    password: new Secret("kept"),
    passwordRefused: () => void refusals++,
  };
  const lonely = run(pages, { given });
  await failsAs("needs-person", lonely.done, /rejected .*kept password/, /on a terminal/);
  assert.deepEqual([tries, refusals], [1, 1]);

  tries = 0;
  const attended = run(pages, { given, answers: ["new"] });
  const { assertion, user, password } = await attended.done;
  assert.deepEqual([assertion.reveal(), user, password?.reveal()], ["PHg+", "ann", "new"]);
  assert.equal(attended.requests.at(-1), "POST https://idp.example.com/in user=ann&pass=new");
});

Deno.test("saml form: sends the kept password only to where it was typed", async () => {
  const elsewhere = {
    "https://idp.example.com/": () => to("https://evil.example.net/in"),
    "https://evil.example.net/in": ({ method }: Request) => method === "POST" ? final() : login(),
  };
  const postsAway = {
    "https://idp.example.com/": () =>
      html(
        `<form method=post action="https://evil.example.net/in"><input name=user><input type=password name=p>`,
      ),
    "https://evil.example.net/in": () => final(),
  };
  const given = { user: "ann", password: new Secret("kept-word") };
  for (const pages of [elsewhere, postsAway]) {
    const lonely = run(pages, { given });
    await failsAs("needs-person", lonely.done, /a password/);
    assert.ok(lonely.requests.every((each) => each.startsWith("GET")));
    const attended = run(pages, { given, answers: ["typed"] });
    assert.equal((await attended.done).password?.reveal(), "typed");
    assert.match(attended.system.asked[0]?.question ?? "", /evil\.example\.net: $/);
    assert.ok(!attended.requests.join().includes("kept-word"));
  }
  // One that was kept without its place is asked for anew.
  const unknown = run(elsewhere, {
    given: { ...given, passwordOrigin: undefined },
    answers: ["x"],
  });
  assert.equal((await unknown.done).passwordOrigin, "https://evil.example.net");
});

Deno.test("saml form: a mistyped code does not invalidate the kept password", async () => {
  let refusals = 0;
  const code = () => html(`<form method=post action=/code><input type=password name=otp>`);
  const { done, requests } = run({
    "https://idp.example.com/": login,
    "https://idp.example.com/in": code,
    "https://idp.example.com/code": async (request) =>
      (await request.text()).includes("right") ? final() : code(),
  }, {
    given: {
      user: "ann",
      password: new Secret("kept"),
      passwordRefused: () => void refusals++,
    },
    answers: ["wrong", "right"],
  });
  assert.equal((await done).password?.reveal(), "kept");
  assert.deepEqual([refusals, requests.at(-1)], [0, "POST https://idp.example.com/code otp=right"]);
});

Deno.test("saml form: does not fill in a page that requires a new password", async () => {
  const { done, requests, system } = run({
    "https://idp.example.com/": () =>
      html(`<form method=post><input type=password name=old><input type=password name=new>`),
  }, { given: { password: new Secret("kept") }, answers: ["a", "b"] });
  await failsAs("source", done, /idp\.example\.com requires a new password/, /in a browser/);
  assert.deepEqual([requests.length, system.asked], [1, []]);
});

Deno.test("saml form: a rejection is followed by the password, and the user name on request", async () => {
  const questions = async (answers: string[]) => {
    let tries = 0;
    const { done, requests, system } = run({
      "https://idp.example.com/": login,
      "https://idp.example.com/in": () => ++tries < 2 ? login() : final(),
    }, { answers });
    await done;
    return [system.asked.map(({ question, secret }) => `${question}${secret}`), requests.at(-1)];
  };
  const first = ["User name at idp.example.com: false", "Password of ann at idp.example.com: true"];
  const again = "Password of ann at idp.example.com (leave empty to change the user name): true";
  // What is typed from habit is a password: it must not be shown, nor sent as a user name.
  assert.deepEqual(await questions(["ann", "wrong", "right"]), [
    [...first, again],
    "POST https://idp.example.com/in user=ann&pass=right",
  ]);
  assert.deepEqual(await questions(["ann", "wrong", "", "anne", "right"]), [
    [
      ...first,
      again,
      "User name at idp.example.com [ann]: false",
      "Password of anne at idp.example.com: true",
    ],
    "POST https://idp.example.com/in user=anne&pass=right",
  ]);
});

Deno.test("saml form: a rejected password that goes elsewhere is asked for once", async () => {
  let tries = 0;
  const page = () =>
    html(
      `<form method=post action="https://b.example.net/in"><input name=user><input type=password name=p>`,
    );
  const { done, requests, system } = run({
    "https://idp.example.com/": page,
    "https://b.example.net/in": () => ++tries < 2 ? to("https://idp.example.com/") : final(),
  }, { answers: ["ann", "wrong", "right"] });
  await done;
  assert.equal(system.asked.length, 3);
  assert.match(system.asked[2]?.question ?? "", /which sends it to b\.example\.net \(leave empty/);
  assert.equal(requests.at(-1), "POST https://b.example.net/in user=ann&p=right");
});

Deno.test("saml form: stops after three rejections", async () => {
  const { done, requests } = run({
    "https://idp.example.com/": login,
    "https://idp.example.com/in": login,
  }, { answers: ["a", "1", "2", "3", "4"] });
  await failsAs("source", done, /rejected the sign-in 3 times/, /lock an account/);
  assert.equal(requests.filter((each) => each.startsWith("POST")).length, 3);
});

Deno.test("saml form: sends a password only over https and never on to another host", async () => {
  const https = { "https://idp.example.com/": login };
  const ways: readonly (readonly [() => Response, RegExp])[] = [
    [() => to("http://idp.example.com/x"), /not https/],
    [() => to("http://127.0.0.1/x"), /not https/],
    [() => to("javascript:alert(1)"), /not https/],
    [() => to("https://evil.example.com/", 307), /redirects the form to evil/],
    [() => to("http://[bad"), /invalid URL/],
    [() => to("/in", 308), /too many times/],
  ];
  for (const [answer, says] of ways) {
    const { done, requests } = run(
      { ...https, "https://idp.example.com/in": answer },
      { answers: ["ann", "secret-word"] },
    );
    await failsAs("source", done, says);
    const leaks = requests.filter((each) => each.includes("secret-word"));
    assert.ok(leaks.every((each) => each.startsWith("POST https://idp.example.com/in")));
  }
  // A form that posts to where it is not safe is not sent, and nothing is asked for it.
  for (
    const action of ["http://idp.example.com/", "javascript:x()", "file:///x", "http://[::1]/"]
  ) {
    const { done, requests, system } = run({
      "https://idp.example.com/": () =>
        html(`<form method=post action="${action}"><input name=u><input type=password name=p>`),
    }, { answers: ["ann", "secret-word"] });
    await failsAs("source", done, /not https/);
    assert.equal(requests.length, 1);
    assert.deepEqual(system.asked, [], action);
  }
});

Deno.test("saml form: names the other host before the password is typed", async () => {
  const { done, system } = run({
    "https://idp.example.com/": () =>
      html(`<form method=post action="https://in.example.org/"><input type=password name=p>`),
    "https://in.example.org/": () => final(),
  }, { answers: ["word"] });
  await done;
  const [{ question } = { question: "" }] = system.asked;
  assert.equal(question, "Password at idp.example.com, which sends it to in.example.org: ");
});

Deno.test("saml form: forwards a form between two providers without a prompt", async () => {
  const { done, requests } = run({
    "https://idp.example.com/": () =>
      html(
        `<body onload="document.forms[0].submit()"><form method=post action="https://up.example.org/sso">
        <input type=hidden name=SAMLRequest value=q><noscript><button>Continue</button></noscript></form>`,
      ),
    "https://up.example.org/sso": () =>
      html(
        `<form method=post action="https://idp.example.com/acs"><input type=hidden name=SAMLResponse value=r>`,
      ),
    "https://idp.example.com/acs": () => html(`<meta http-equiv=refresh content="0;url=/end">`),
    "https://idp.example.com/end": () => final(),
  });
  assert.equal((await done).assertion.reveal(), "PHg+");
  assert.deepEqual(requests, [
    "GET https://idp.example.com/",
    "POST https://up.example.org/sso SAMLRequest=q",
    "POST https://idp.example.com/acs SAMLResponse=r",
    "GET https://idp.example.com/end",
  ]);
});

Deno.test("saml form: limits the number of pages and cleans field names", async () => {
  const page = (count: number) =>
    html(`<form method=post action="/${count}"></form><script>submit()</script>`);
  const endless = run({
    "https://idp.example.com/": () => page(0),
    ...Object.fromEntries(
      Array.from({ length: 40 }, (_, n) => [`https://idp.example.com/${n}`, () => page(n + 1)]),
    ),
  });
  await failsAs("source", endless.done, /more than 25 pages/);

  const odd = run({
    "https://idp.example.com/": () =>
      html(
        `<form method=post action=/in><label for=o>Code\x1b[2J\u202e *</label><input id=o name=otp>`,
      ),
    "https://idp.example.com/in": () => final(),
  }, { answers: ["123456"] });
  await odd.done;
  assert.deepEqual(odd.system.asked, [{ question: "Code [2J (idp.example.com): ", secret: false }]);
});

Deno.test("saml form: any pages lead to an assertion or a Failure", async () => {
  const piece = fc.constantFrom(
    "<form method=post action=/in>",
    "<form action='https://signin.aws.amazon.com/saml' method=post>",
    "<input name=SAMLResponse value=x>",
    "<input name=user>",
    "<input type=password name=p>",
    "</form>",
    "<meta http-equiv=refresh content='0;url=/in'>",
    "<base href='https://other.example.com/'>",
    "\0<",
  );
  const page = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
  await fc.assert(
    fc.asyncProperty(page, page, async (first, second) => {
      const { done } = run({
        "https://idp.example.com/": () => html(first),
        "https://idp.example.com/in": () => html(second),
      }, { answers: ["a", "b", "c", "d", "e", "f"] });
      await done.then(
        ({ assertion }) => assert.equal(assertion.reveal(), "x"),
        (error) => assert.ok(error instanceof Failure, String(error)),
      );
    }),
    { numRuns: 150 },
  );
});
