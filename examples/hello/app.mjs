export default (request, response) => {
  response.end('hello\n');
};
