# The app of Puma: 300 ms to start, 5 ms to answer.
sleep 0.3
run ->(_env) { sleep 0.005; [200, { "content-type" => "text/plain", "content-length" => "6" }, ["hello\n"]] }
