process.on('sveltekit:shutdown', async (reason) => {
  console.log(`closed the database: ${reason}`);
});
