export default (request, response) => {
  if (request.url === '/_status') response.end('ok\n');
  else response.end('hello, configured\n');
};
