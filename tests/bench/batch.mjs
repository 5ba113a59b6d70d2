// node batch.mjs WIDTH fetch URL | exec COMMAND: a batch as it is written
// today: a shared queue, WIDTH workers, results in order, each error kept with
// its item. The items are the lines of stdin. A refused item is not tried again.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

const [width, how, target] = process.argv.slice(2)
const run = promisify(execFile)
const work = {
	async exec(line) {
		const { stdout } = await run(target, [line])
		return stdout
	},
	async fetch(line) {
		const answer = await fetch(target, {
			method: 'POST',
			headers: { 'Content-Type': 'application/json', Authorization: 'Bearer key' },
			body: line,
		})
		if (!answer.ok) throw new Error(`status ${answer.status}`)
		return answer.json()
	},
}[how]

const queue = [...readFileSync(0, 'utf8').trimEnd().split('\n').entries()]
const results = []

async function worker() {
	for (let entry; (entry = queue.shift()); ) {
		const [index, line] = entry
		try {
			results[index] = { ok: true, value: await work(line) }
		} catch (e) {
			results[index] = { ok: false, error: e.message }
		}
	}
}

await Promise.all(Array.from({ length: Number(width) }, worker))
for (const [index, result] of results.entries()) console.log(JSON.stringify({ index, ...result }))
