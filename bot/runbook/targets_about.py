"""What each line of a target means, in one sentence: part of `about`, which has the same of all other blocks."""

from typing import Final

from pydantic import BaseModel

from bot.runbook.models.targets import cluster, command, env_file, http, kubernetes, workers

_INHERITS = "true where nothing set means that another place's setting applies: unset then disagrees with nothing"
_NAME = "what people call this place; else the command or the address"
_TENANTS = "the tenants it stands for, each a place of its own that {tenant} names; else the stage's"
_PREFIX = "what stands before the model's own id there, such as openrouter/: put before it and taken off again"
_WORKERS = "who is asked after the restart whether they are up and healthy, before the stage counts as applied"
_WITHIN = "how long a change may take to show in what is read"

ABOUT: Final[dict[type[BaseModel], dict[str, str]]] = {
    env_file.EnvFile: {
        "kind": "env_file, command, http or kubernetes",
        "env_file": "the dotenv file that holds the model, relative to the runbook file",
        "variable": "the variable in it; else the slot's",
        "restart": "the command that makes its readers take it up, as a list of words",
        "restart_timeout": "how long that command may take",
        "also": "variables written together with it, such as the provider: for each, by model id (or its beginning and"
        " `*`), what it holds beside that model; null means not set",
        "inherits": _INHERITS,
        "workers": _WORKERS,
    },
    command.Command: {
        "kind": "command: a program of the platform reads and writes it, never by a shell",
        "name": _NAME,
        "read": "program and arguments that print the value; {tenant} is filled in",
        "write": "program and arguments that set it; {value}, {expected} (what was read) and {tenant} are filled in",
        "unset": "those that remove it, for places where nothing was set; without it such a place is not changed",
        "check": "those that end well where a write would be possible, and write nothing",
        "restart": "those that make its readers take it up",
        "confirm": "those that print the value in effect, asked until it is the new one; else `read`",
        "allowed": "those that print the models it may be set to; else `read`, where `allowed_pointer` is written",
        "pointer": "where the value stands in the JSON `read` prints, such as /model; else its output is the value",
        "confirm_pointer": "the same of what `confirm` prints",
        "allowed_pointer": "where the list of models stands; else one a line, and nothing restricts nothing",
        "unset_status": "the exit status by which `read` says that nothing is set; else it prints nothing, or null",
        "directory": "where they run, relative to the runbook file; else the runbook's own folder",
        "environment": "names of environment variables they get beside PATH, HOME and the like",
        "time_limit": "how long each may take",
        "restart_timeout": "how long `restart` may take",
        "confirm_within": _WITHIN,
        "tenants": _TENANTS,
        "prefix": _PREFIX,
        "inherits": _INHERITS,
        "workers": _WORKERS,
    },
    http.Http: {
        "kind": "http: an API of the platform or a gateway holds it",
        "name": _NAME,
        "url": "the address a GET of which answers the setting; {tenant} is filled in, percent-encoded",
        "pointer": "where the value stands in the JSON it answers, such as /preferences/model",
        "headers": "further headers of every request; {tenant} is filled in",
        "auth": "the secret the API wants to see",
        "version": "what makes a write conditional: etag (If-Match), a pointer to what {version} stands for, or none",
        "missing": "what 404 says: error, or unset where the setting is an object of its own",
        "write": "the request that sets it; a PUT without a body sends what was read, the value put in",
        "unset": "the one that removes it; without it, a place where nothing was set is not changed",
        "restart": "the one that makes its readers take it up",
        "allowed": "where the models are listed that it may be set to",
        "time_limit": "how long each request may take",
        "confirm_within": _WITHIN,
        "tenants": _TENANTS,
        "prefix": _PREFIX,
        "inherits": _INHERITS,
        "workers": _WORKERS,
    },
    workers.Workers: {
        "http": "an address that says how the workers are, or one for each of them; {tenant} is filled in",
        "command": "instead: program and arguments that print it",
        "query": "instead: PromQL that is 1 when they are well",
        "pointer": "where the word stands in the JSON that is answered; without it all of it is heard",
        "within": "how long they may take until all are well twice in a row",
        "timeout": "how long each asking may take",
    },
    http.Auth: {
        "env": "the environment variable that holds the secret",
        "file": "the file that holds it, relative to the runbook file, instead of `env`; read at each request",
        "header": "the header it is sent in",
        "prefix": "what stands before it in that header",
    },
    http.Request: {
        "method": "POST, PUT, PATCH or DELETE",
        "url": "its address, where that is not the target's own",
        "body": "the JSON it sends; {value}, {expected}, {version} and {tenant} are filled in",
    },
    http.Allowed: {
        "url": "the address of the list, where that is not the target's own",
        "pointer": "where the list stands in the JSON answered there; null, or nothing there, restricts nothing",
    },
    kubernetes.Kubernetes: {
        "kind": "kubernetes: a workload's container or a ConfigMap holds it",
        "name": "what people call this place; else the setting, its object and the cluster",
        "cluster": "which cluster, and as whom",
        "namespace": "the namespace of every object named here",
        "deployment": "the Deployment whose container has the variable, instead of `config_map`",
        "stateful_set": "a StatefulSet, instead of `deployment`",
        "daemon_set": "a DaemonSet, instead of `deployment`",
        "container": "the container, where the pods have several",
        "variable": "its environment variable; else the slot's",
        "config_map": "the ConfigMap that holds the setting, instead of `deployment`",
        "key": "the key in it; else the slot's variable",
        "restart": "the Deployments (or statefulset/NAME, daemonset/NAME) that read the ConfigMap when they start",
        "rollout_within": "how long the new pods may take to replace the old ones",
        "time_limit": "how long each request may take",
        "prefix": _PREFIX,
        "inherits": _INHERITS,
        "workers": _WORKERS,
    },
    cluster.Cluster: {
        "kubeconfig": "a kubeconfig file, relative to the runbook file; instead of `in_cluster` and `server`",
        "context": "the context in it: cluster and user; needed, as the current one may be switched by anybody",
        "in_cluster": "true where the bot runs in the cluster it changes: the pod's own service account",
        "server": "the API server's address, instead of `kubeconfig`",
        "ca_file": "the certificates that vouch for it; else those this machine trusts",
        "token_env": "the environment variable that holds the token",
        "token_file": "the file that holds it, instead of `token_env`; read at each request",
    },
}
