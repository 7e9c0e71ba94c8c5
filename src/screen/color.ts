import { goodLife } from "../model/credentials.ts";

/** SGR codes (ECMA-48, 8.3.117): red when expired, yellow when SDKs start to refresh. */
export function colorOf(left: number): number {
  return left <= 0 ? 31 : left < goodLife ? 33 : 32;
}
