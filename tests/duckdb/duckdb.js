// duckdb.js - what the tests want of the duckdb command: it runs the SQL on
// standard input, in memory, and prints the rows of queries as CSV.  What it
// cannot run it says, and exits 1.
'use strict';
const {
	DuckDBInstance, ResultReturnType, version,
} = require(process.argv[2] + '/node_modules/@duckdb/node-api');

const csv = (v) => {
	const s = v === null ? '' : String(v);

	return /[",\r\n]/.test(s) ? '"' + s.replace(/"/g, '""') + '"' : s;
};

async function
main()
{
	if (process.argv[3] === '--version') {
		console.log(version());
		return;
	}
	const sql = require('fs').readFileSync(0, 'utf8');
	const db = await (await DuckDBInstance.create(':memory:')).connect();
	const statements = await db.extractStatements(sql);

	for (let i = 0; i < statements.count; i++) {
		const result = await (await statements.prepare(i)).run();

		if (result.returnType !== ResultReturnType.QUERY_RESULT)
			continue;
		console.log(result.columnNames().map(csv).join(','));
		for (const row of await result.getRows())
			console.log(row.map(csv).join(','));
	}
}

main().catch((e) => {
	console.error('duckdb: ' + e.message);
	process.exitCode = 1;
});
