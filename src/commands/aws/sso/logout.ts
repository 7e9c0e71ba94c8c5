import type { Failure } from "../../../model/failure.ts";
import { parseStartUrl } from "../../../model/start_url.ts";
import type { Command } from "../../../line/command.ts";
import { locatePortal } from "../../../sources/portal_address.ts";
import { openStore } from "../../../session/stores.ts";
import type { NetworkSettings } from "../../../model/profile.ts";
import type { Values } from "../../../line/values.ts";
import type { System } from "../../../system/system.ts";
import { networkOptions } from "../../profile/options.ts";
import { handedOut, signOutOfPortal } from "../../profile/signing_out.ts";
import { warn } from "../../profile/warnings.ts";
import { trustedPem } from "../../../system/trusted_pem.ts";

export const command: Command = {
  count: [0, 1],
  options: networkOptions.filter(({ name }) => name === "ca-bundle")
    .map(({ group: _, ...option }) => option),
  examples: ["athm aws sso logout", "athm aws sso logout https://example.awsapps.com/start"],
  work: async ({ operands: [operand], values }, system) => {
    const typed = operand === undefined ? undefined : parseStartUrl(operand, "START_URL");
    const pem = trustedPem(system, { network: bundleOf(values, system) });
    const store = await openStore(system);
    const kept = await store?.shared.portals.all() ?? [];
    const at = (startUrl: string) =>
      kept.filter(({ portal }) => parseStartUrl(portal.startUrl) === startUrl);
    const connect = (url: string) => system.http(url, pem);
    const startUrl = typed === undefined || !kept.length || at(typed).length
      ? typed
      : (await locatePortal(system, { startUrl: typed }, connect)).startUrl;
    const meant = startUrl === undefined ? kept : at(startUrl);
    if (!store || meant.length === 0) {
      const where = startUrl === undefined ? "any access portal" : startUrl;
      system.say(`athm: you are not signed in to ${where}`);
      return 0;
    }
    const troubles: Failure[] = [];
    for (const tokens of meant) troubles.push(...await signOutOfPortal(system, store, tokens, pem));
    system.say(handedOut);
    return warn(system, troubles);
  },
};

function bundleOf(values: Values, { files }: System): NetworkSettings {
  const caBundle = values.text("ca-bundle");
  return caBundle === undefined ? {} : { caBundle: files.absolute(caBundle) };
}
