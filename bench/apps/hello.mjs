/** The smallest app: every microsecond that is measured on it is the server's. */
export default function hello(_request, response) {
  response.end('hello\n');
}
