// Times convolutions in ONNX Runtime. Reads {rounds, threads, jobs: [{name, path, x, y}]} from
// standard input, writes {name: microseconds of a call in every round}. With --version only that.
const fs = require('fs');
const paths = [process.cwd(), ...(process.env.NODE_PATH || '').split(':').filter(Boolean)];
const ort = require(require.resolve('onnxruntime-node', {paths}));

// As windrow_bench: with one thread the processor time, which other programs do not lengthen.
function clock(threads) {
  if (threads > 1) return performance.now() * 1e3;
  const {user, system} = process.cpuUsage();
  return user + system;
}

async function batch(session, feeds, fetches, calls, threads) {
  const start = clock(threads);
  for (let i = 0; i < calls; ++i) await session.run(feeds, fetches);
  return (clock(threads) - start) / calls;
}

async function measure({path, x, y}, rounds, threads) {
  const session = await ort.InferenceSession.create(
      path, {intraOpNumThreads: threads, interOpNumThreads: 1, enableCpuMemArena: true,
             enableMemPattern: true});
  const count = x.reduce((a, b) => a * b);
  const data = Float32Array.from({length: count}, (_, i) => (i * 7 % 31 - 15) / 32);
  const feeds = {x: new ort.Tensor('float32', data, x)};
  const {y: result} = await session.run(feeds);
  if (result.dims.join() !== y.join()) throw new Error(`${path} gives ${result.dims}, not ${y}`);
  // With memory for y, or each call would touch new pages.
  const fetches = {y: new ort.Tensor('float32', new Float32Array(result.data.length), y)};
  const once = await batch(session, feeds, fetches, 3, threads);
  const calls = Math.max(2, Math.ceil(1e4 / once));  // 10 ms: the clock is coarse
  const times = [];
  for (let round = 0; round < rounds; ++round) {
    times.push(await batch(session, feeds, fetches, calls, threads));
  }
  await session.release();
  return times;
}

async function main() {
  if (process.argv[2] === '--version') return console.log(ort.env.versions.node);
  const {rounds, threads, jobs} = JSON.parse(fs.readFileSync(0));
  const found = {};
  for (const job of jobs) found[job.name] = await measure(job, rounds, threads);
  console.log(JSON.stringify(found));
}

main().catch((error) => {
  console.error(String(error));
  process.exit(1);
});
