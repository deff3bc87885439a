/** Answers with its pid; `/hang` never ends. */
export default function hangs(request, response) {
  while (request.url === '/hang');
  response.end(`${process.pid}\n`);
}
