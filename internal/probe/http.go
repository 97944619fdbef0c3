package probe

const httpName = "http"
