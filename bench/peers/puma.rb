# A phased restart (SIGUSR1) replaces workers one at a time; it excludes preload_app!.
bind "tcp://127.0.0.1:#{ENV.fetch('PORT')}"
workers ENV.fetch("WORKERS").to_i
threads 16, 16
persistent_timeout 600
rackup File.join(ENV.fetch("PEERS"), "config.ru")
directory ENV.fetch("PEERS")
environment "production"
