# Three hosts with a tshorn each. docs/hosts.md explains each choice.

job "app" {
  type = "service"

  update {
    max_parallel      = 1
    canary            = 1
    auto_promote      = true
    auto_revert       = true
    health_check      = "checks"
    min_healthy_time  = "10s"
    healthy_deadline  = "3m"
    progress_deadline = "10m"
  }

  group "app" {
    count = 3

    # Nomad takes the service out of its catalogue, waits for this time, and only then sends the signal.
    shutdown_delay = "10s"

    network {
      port "http" {}
      port "admin" {}
    }

    service {
      name     = "app"
      port     = "http"
      provider = "nomad"

      check {
        type     = "http"
        port     = "admin"
        path     = "/ready"
        interval = "2s"
        timeout  = "2s"
      }
    }

    task "app" {
      driver = "exec"

      # The default is SIGINT, to which tshorn stops within --quick-grace.
      kill_signal = "SIGTERM"
      # --grace and 5 s more. The default is 5 s; max_kill_timeout of the client has to allow this.
      kill_timeout = "35s"

      config {
        command = "/usr/bin/node"
        args = [
          "local/app/node_modules/.bin/tshorn", "local/app/app.js",
          "--bind", ":${NOMAD_PORT_http}",
          "--admin", ":${NOMAD_PORT_admin}",
          "--grace", "30s",
          "--env-file", "secrets/app.env",
        ]
      }

      artifact {
        source      = "https://releases.example/app-v1.tar.gz"
        destination = "local/app"
      }

      # A new value is a reload of all workers, and no restart.
      template {
        destination   = "secrets/app.env"
        change_mode   = "signal"
        change_signal = "SIGHUP"
        data          = <<-TEMPLATE
          {{ with nomadVar "nomad/jobs/app" }}DATABASE_URL={{ .database_url }}{{ end }}
        TEMPLATE
      }

      resources {
        cores  = 2
        memory = 1024
      }
    }
  }
}
