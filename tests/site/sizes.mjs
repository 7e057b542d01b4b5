// What files weigh when sent: a JSON object of path to [bytes, gzip 6, brotli 5, brotli 11] on stdout. The
// paths come on stdin, one a line. CDNs that compress on the way are near the first two; 11 is the best there is.
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const brotli = (body, quality) =>
  brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }).length;
const sizes = {};
for (const path of readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const body = readFileSync(path);
  sizes[path] = [body.length, gzipSync(body, { level: 6 }).length, brotli(body, 5), brotli(body, 11)];
}
console.log(JSON.stringify(sizes));
