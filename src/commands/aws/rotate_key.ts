import { listed } from "../../model/listed.ts";
import { nameKey } from "../../model/names.ts";
import type { Profile } from "../../model/profile.ts";
import type { Command } from "../../line/command.ts";
import { factsOf } from "../../sources/all_sources.ts";
import { nameAndStore } from "../profile/default_name.ts";
import { guardProfiles, profilesOf } from "../profile/guard.ts";
import { mfaCodeOf, mfaCodeOption } from "../profile/options.ts";

/** `athm aws rotate-key NAME`: replaces the access key of the profile's IAM user. */
export const command: Command = {
  count: [0, 1],
  options: [
    { name: "keep-old", help: "deactivate the old key instead of deleting it" },
    mfaCodeOption,
    { name: "json", help: "print a JSON object" },
    {
      name: "iam-endpoint-url",
      value: "URL",
      help: "IAM endpoint (default: the partition's)",
      group: "Network",
    },
  ],
  examples: ["athm aws rotate-key example"],
  work: async (line, system) => {
    const { values } = line;
    const mfaCode = mfaCodeOf(values);
    const iamUrl = values.text("iam-endpoint-url");
    if (iamUrl !== undefined) {
      const { parseEndpointUrl } = await import("../../model/endpoint.ts");
      parseEndpointUrl(iamUrl, "--iam-endpoint-url");
    }
    const { name, store } = await nameAndStore(line, system);
    const known = await profilesOf(store);
    const keyIdOf = ({ source }: Profile) => factsOf(source).key?.credentials?.accessKeyId;
    const own = known.find((each) => nameKey(each.name) === nameKey(name));
    const keyId = own && keyIdOf(own);
    // All profiles with the key get the new one.
    const sharers = known.filter((each) => keyId !== undefined && keyIdOf(each) === keyId);
    const changed = [name, ...sharers.map((each) => each.name)];
    await guardProfiles(line, system, known, { changed });
    const { rotateKey } = await import("../../session/key_rotation/rotate_key.ts");
    const keepOld = values.has("keep-old");
    const done = await rotateKey(system, store, name, { keepOld, iamUrl, ...mfaCode });
    const { user, newKeyId, oldKeyId, old, profiles } = done;
    if (values.has("json")) system.out(JSON.stringify(done, undefined, 2) + "\n");
    system.say(
      `athm: ${user} has a new access key, ${newKeyId}; the old key ${oldKeyId} is ${old}`,
    );
    system.say(`athm: profiles that use it: ${listed(profiles)}`);
    return 0;
  },
};
