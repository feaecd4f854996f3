"""Several processes that answer on one port: started, watched, told what to serve, and replaced when they die."""
