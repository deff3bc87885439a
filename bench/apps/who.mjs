/** Answers with its pid: who serves a connection now? */
export default function who(_request, response) {
  response.end(`${process.pid}\n`);
}
