/**
 * athm's HTTP directly to the fake AWS, without a socket: hosts keep their real names.
 *
 * @module
 */
import { connect } from "../../src/system/http.ts";
import type { System } from "../../src/system/system.ts";
import type { FakeAws } from "./fake_aws.ts";

/** `System.http` for a test. `before` can delay a request. */
export function httpTo(
  aws: Pick<FakeAws, "handle">,
  before: (request: Request) => Promise<void> = () => Promise.resolve(),
): System["http"] {
  const send = async (url: string, init: RequestInit) => {
    const request = new Request(url, init);
    // Headers that fetch sets itself.
    const { byteLength } = await request.clone().arrayBuffer();
    if (byteLength > 0) request.headers.set("content-length", String(byteLength));
    await before(request);
    return await aws.handle(request);
  };
  return () => Promise.resolve(connect(send, () => {}));
}
