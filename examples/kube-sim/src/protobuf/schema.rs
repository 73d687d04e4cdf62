//! Field numbers of the kinds that kubectl generates (from the `generated.proto` files of Kubernetes).

use super::decode::Shape::{
    self, Bool, Count, Ignored, IntOrString, Message, Number, Text, TextMap,
};

/// Number, name in JSON, and shape.
pub(super) type Field = (u64, &'static str, Shape);

/// The fields of a kind, if its bodies can be read.
pub(super) fn fields_of(api_version: &str, kind: &str) -> Option<&'static [Field]> {
    match (api_version, kind) {
        ("v1", "Namespace") => Some(NAMESPACE),
        ("v1", "ConfigMap") => Some(CONFIG_MAP),
        ("v1", "Secret") => Some(SECRET),
        ("v1", "ServiceAccount") => Some(SERVICE_ACCOUNT),
        ("v1", "Service") => Some(SERVICE),
        ("apps/v1", "Deployment") => Some(DEPLOYMENT),
        ("batch/v1", "Job") => Some(JOB),
        _ => None,
    }
}

const OBJECT_META: &[Field] = &[
    (1, "name", Text),
    (2, "generateName", Text),
    (3, "namespace", Text),
    (4, "selfLink", Text),
    (5, "uid", Text),
    (6, "resourceVersion", Text),
    (7, "generation", Count),
    (8, "creationTimestamp", Ignored),
    (11, "labels", TextMap),
    (12, "annotations", TextMap),
    (14, "finalizers", Shape::List(&Text)),
];

const NAMESPACE: &[Field] = &[
    (1, "metadata", Message(OBJECT_META)),
    (2, "spec", Message(&[(1, "finalizers", Shape::List(&Text))])),
    (3, "status", Ignored),
];

const CONFIG_MAP: &[Field] = &[
    (1, "metadata", Message(OBJECT_META)),
    (2, "data", TextMap),
    (3, "binaryData", Shape::BytesMap),
    (4, "immutable", Bool),
];

const SECRET: &[Field] = &[
    (1, "metadata", Message(OBJECT_META)),
    (2, "data", Shape::BytesMap),
    (3, "type", Text),
    (4, "stringData", TextMap),
    (5, "immutable", Bool),
];

const SERVICE_ACCOUNT: &[Field] =
    &[(1, "metadata", Message(OBJECT_META)), (4, "automountServiceAccountToken", Bool)];

const SERVICE_PORT: &[Field] = &[
    (1, "name", Text),
    (2, "protocol", Text),
    (3, "port", Count),
    (4, "targetPort", IntOrString),
    (5, "nodePort", Count),
];

const SERVICE: &[Field] = &[
    (1, "metadata", Message(OBJECT_META)),
    (
        2,
        "spec",
        Message(&[
            (1, "ports", Shape::List(&Message(SERVICE_PORT))),
            (2, "selector", TextMap),
            (3, "clusterIP", Text),
            (4, "type", Text),
            (7, "sessionAffinity", Text),
            (8, "loadBalancerIP", Text),
            (10, "externalName", Text),
            (11, "externalTrafficPolicy", Text),
            (12, "healthCheckNodePort", Count),
            (13, "publishNotReadyAddresses", Count),
        ]),
    ),
    (3, "status", Ignored),
];

const LABEL_SELECTOR: &[Field] = &[(1, "matchLabels", TextMap)];

const CONTAINER_PORT: &[Field] = &[
    (1, "name", Text),
    (2, "hostPort", Count),
    (3, "containerPort", Count),
    (4, "protocol", Text),
    (5, "hostIP", Text),
];

const CONTAINER: &[Field] = &[
    (1, "name", Text),
    (2, "image", Text),
    (3, "command", Shape::List(&Text)),
    (4, "args", Shape::List(&Text)),
    (5, "workingDir", Text),
    (6, "ports", Shape::List(&Message(CONTAINER_PORT))),
    (7, "env", Shape::List(&Message(&[(1, "name", Text), (2, "value", Text)]))),
    (8, "resources", Message(&[])),
    (13, "terminationMessagePath", Text),
    (14, "imagePullPolicy", Text),
    (16, "stdin", Count),
    (17, "stdinOnce", Count),
    (18, "tty", Count),
    (20, "terminationMessagePolicy", Text),
];

const POD_SPEC: &[Field] = &[
    (2, "containers", Shape::List(&Message(CONTAINER))),
    (3, "restartPolicy", Text),
    (4, "terminationGracePeriodSeconds", Number),
    (6, "dnsPolicy", Text),
    (7, "nodeSelector", TextMap),
    (8, "serviceAccountName", Text),
    (9, "serviceAccount", Text),
    (10, "nodeName", Text),
    (11, "hostNetwork", Count),
    (12, "hostPID", Count),
    (13, "hostIPC", Count),
    (14, "securityContext", Message(&[])),
    (16, "hostname", Text),
    (17, "subdomain", Text),
    (19, "schedulerName", Text),
    (24, "priorityClassName", Text),
];

const POD_TEMPLATE: &[Field] =
    &[(1, "metadata", Message(OBJECT_META)), (2, "spec", Message(POD_SPEC))];

const DEPLOYMENT: &[Field] = &[
    (1, "metadata", Message(OBJECT_META)),
    (
        2,
        "spec",
        Message(&[
            (1, "replicas", Number),
            (2, "selector", Message(LABEL_SELECTOR)),
            (3, "template", Message(POD_TEMPLATE)),
            (4, "strategy", Message(&[(1, "type", Text)])),
            (5, "minReadySeconds", Count),
            (7, "paused", Count),
        ]),
    ),
    (3, "status", Ignored),
];

const JOB: &[Field] = &[
    (1, "metadata", Message(OBJECT_META)),
    (
        2,
        "spec",
        Message(&[
            (1, "parallelism", Number),
            (2, "completions", Number),
            (6, "template", Message(POD_TEMPLATE)),
            (7, "backoffLimit", Number),
            (8, "ttlSecondsAfterFinished", Number),
        ]),
    ),
    (3, "status", Ignored),
];
