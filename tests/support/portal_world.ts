/**
 * An access portal and an athm process that signs in to it, on one clock that the test advances.
 *
 * @module
 */
import { type Portal, portalOf, type PortalTokens } from "../../src/model/portal.ts";
import { type PortalContext, portalTokens } from "../../src/sources/portal_tokens.ts";
import { pendingProofs } from "../../src/session/sign_in/proofs.ts";
import { denoSystem } from "../../src/system/deno/system.ts";
import type { Secret } from "../../src/model/secret.ts";
import { type FakeAws, startFakeAws } from "./fake_aws.ts";
import { httpTo } from "./http_to_fake.ts";
import { settle, type TestSystem, testSystem } from "./test_system.ts";

/** Milliseconds. */
export const minute = 60_000;

export interface PortalWorld {
  readonly aws: FakeAws;
  readonly system: TestSystem;
  readonly portal: Portal;
  /** Whether there is a desktop, and what its browser does with a URL. */
  readonly desktop: {
    there: boolean;
    readonly opened: string[];
    open: (url: string) => Promise<boolean>;
  };
  readonly context: PortalContext;
  /** Waits between polls, in milliseconds. */
  readonly waits: number[];
  /** The process's kept sign-ins. */
  readonly kept: { tokens: PortalTokens | undefined };
  /**
   * A token; the clock advances by `step` milliseconds (default 1,000) while something waits for
   * it.
   */
  token(rejected?: Secret, step?: number): Promise<Secret>;
  /** Actions requested from AWS, with the status of each response; clears them. */
  calls(): string[];
}

/** A test with its own world; closes everything afterward. */
export function portalTest(
  name: string,
  run: (world: PortalWorld) => Promise<void>,
  options: { readonly deviceCode?: boolean } = {},
): void {
  const { deviceCode = false } = options;
  Deno.test(`portal: ${name}`, async () => {
    let now = () => Date.now();
    await using aws = await startFakeAws({ clock: () => now() });
    const desktop: PortalWorld["desktop"] = {
      there: true,
      opened: [],
      // The fake's pages are in memory, but redirect to a real port.
      open: async (url) => {
        const page = await aws.handle(new Request(url));
        const location = page.headers.get("location");
        if (location !== null) await (await fetch(location)).text();
        return true;
      },
    };
    const system = testSystem({
      answers: [],
      system: {
        http: httpTo(aws),
        listen: denoSystem().listen,
        browser: {
          isThere: () => Promise.resolve(desktop.there),
          open: (url) => {
            desktop.opened.push(url);
            return desktop.open(url);
          },
        },
      },
    });
    now = () => system.now();
    const waits: number[] = [];
    let sleeping = 0;
    const { sleep } = system;
    system.sleep = async (milliseconds, signal) => {
      if (!signal) waits.push(milliseconds);
      sleeping++;
      try {
        await sleep(milliseconds, signal);
      } finally {
        sleeping--;
      }
    };
    const portal = portalOf({ startUrl: aws.sso.startUrl, region: "eu-west-1" }, {});
    const proofs = pendingProofs();
    const kept: PortalWorld["kept"] = { tokens: undefined };
    const context: PortalContext = {
      system,
      proofs,
      http: (url) => system.http(url),
      deviceCode,
      hint: "sign in",
    };
    let seen = 0;
    await run({
      aws,
      system,
      portal,
      desktop,
      context,
      waits,
      kept,
      token: async (rejected, step = 1000) => {
        let ended = false;
        const end = () => void (ended = true);
        const token = portalTokens(context, portal, rejected).then((tokens) => {
          kept.tokens = tokens;
          return tokens.accessToken;
        });
        token.then(end, end);
        for (let turn = 0; !ended && turn < 20_000; turn++) {
          await settle();
          if (sleeping > 0 && turn % 20 === 19) await system.advance(step);
        }
        return await token;
      },
      calls: () => {
        const fresh = aws.calls.slice(seen);
        seen = aws.calls.length;
        return fresh.map(({ action, status }) => `${action} ${status}`);
      },
    });
  });
}
