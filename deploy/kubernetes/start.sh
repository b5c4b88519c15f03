#!/bin/sh
# What the image starts: the student's own copy of the notebooks is made, or brought up to date, and then the server.
# A copy that fails, on a full volume for example, keeps nobody out; what it said stands in the pod's log.
# (Not the chart's hook postStart: it runs beside a server that wants the folder, and its failure ends that server.)
python /srv/vae/deploy/own_copy.py /srv/vae "$HOME/vae" ||
  echo "start.sh: no new copy of the notebooks; the server starts with what is there" >&2
[ -d "$HOME/vae/notebooks" ] || mkdir -p "$HOME/vae/notebooks" || export JUPYTERHUB_ROOT_DIR="$HOME"  # a file in the way
exec "$@"
