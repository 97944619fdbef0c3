package firewall

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// statementText is a statement as people know it from nft list ruleset, as near
// as the JSON tells.
func statementText(o object) string {
	for word, content := range o {
		inner, _ := content.(object)
		switch word {
		case "match":
			return matchText(inner)
		case "vmap":
			return valueText(inner["key"]) + " vmap " + valueText(inner["data"])
		case "mangle":
			return valueText(inner["key"]) + " set " + valueText(inner["value"])
		case "jump", "goto":
			return word + " " + text(inner["target"])
		case "reject":
			if text(inner["type"]) == "tcp reset" {
				return "reject with tcp reset"
			}
			if text(inner["type"]) == "" {
				return "reject"
			}
			return fmt.Sprintf("reject with %s %s", text(inner["type"]), text(inner["expr"]))
		case "dnat", "snat", "redirect", "masquerade":
			return natText(word, inner)
		case "limit":
			over := ""
			if inner["inv"] == true {
				over = "over "
			}
			return fmt.Sprintf("limit rate %s%s/%s", over, valueText(inner["rate"]), text(inner["per"]))
		case "set":
			return fmt.Sprintf("%s %s { %s }", text(inner["op"]), text(inner["set"]), valueText(inner["elem"]))
		case "log":
			if prefix := text(inner["prefix"]); prefix != "" {
				return fmt.Sprintf("log prefix %q", prefix)
			}
			return "log"
		case "ct count":
			over := ""
			if inner["inv"] == true {
				over = "over "
			}
			return "ct count " + over + valueText(inner["val"])
		case "xt":
			return strings.TrimSpace("xt " + text(inner["type"]) + " " + text(inner["name"]))
		}
		return word
	}
	return ""
}

func matchText(o object) string {
	left, right := valueText(o["left"]), valueText(o["right"])
	switch op := text(o["op"]); op {
	case "==", "in":
		if l, ok := o["left"].(object); ok && op == "==" && l["&"] != nil {
			return left + " == " + right
		}
		return left + " " + right
	default:
		return left + " " + op + " " + right
	}
}

func natText(word string, o object) string {
	addr, port := valueText(o["addr"]), valueText(o["port"])
	if o["addr"] == nil && o["port"] == nil {
		return word
	}
	if family := text(o["family"]); family != "" && o["addr"] != nil {
		word += " " + family
	}
	switch {
	case o["port"] == nil:
		return word + " to " + addr
	case strings.Contains(addr, ":") && text(o["family"]) != "ip" && o["addr"] != nil:
		return word + " to [" + addr + "]:" + port
	}
	if o["addr"] == nil {
		addr = ""
	}
	return word + " to " + addr + ":" + port
}

// valueText is a value or expression.
func valueText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case json.Number:
		return v.String()
	case bool:
		if v {
			return "exists"
		}
		return "missing"
	case []any:
		return joined(v, ",")
	case object:
		return objectText(v)
	}
	return fmt.Sprint(v)
}

func objectText(o object) string {
	for word, content := range o {
		inner, _ := content.(object)
		switch word {
		case "payload":
			if p := text(inner["protocol"]); p != "" {
				return p + " " + text(inner["field"])
			}
			return fmt.Sprintf("@%s,%s,%s", text(inner["base"]), valueText(inner["offset"]), valueText(inner["len"]))
		case "meta":
			switch key := text(inner["key"]); key {
			case "iif", "oif", "iifname", "oifname":
				return key
			default:
				return "meta " + key
			}
		case "ct":
			return strings.Join(strings.Fields("ct "+text(inner["dir"])+" "+text(inner["key"])), " ")
		case "fib":
			return "fib " + joined(list(inner["flags"]), " . ") + " " + text(inner["result"])
		case "concat":
			return joined(list(content), " . ")
		case "set":
			return "{ " + joined(list(content), ", ") + " }"
		case "prefix":
			return text(inner["addr"]) + "/" + valueText(inner["len"])
		case "range":
			return joined(list(content), "-")
		case "map":
			return valueText(inner["key"]) + " map " + valueText(inner["data"])
		case "elem":
			return valueText(inner["val"])
		case "&", "|", "^", "<<", ">>":
			return joined(list(content), " "+word+" ")
		case "accept", "drop", "return", "continue", "jump", "goto":
			return statementText(o)
		}
	}
	return strings.Join(slices.Sorted(maps.Keys(o)), " ")
}

// maxListed bounds how much of a long set stands in a rule's text.
const maxListed = 12

func joined(values []any, by string) string {
	var words []string
	for i, v := range values {
		if i == maxListed {
			words = append(words, "…")
			break
		}
		if pair, ok := v.([]any); ok && len(pair) == 2 && by == ", " {
			words = append(words, valueText(pair[0])+" : "+valueText(pair[1]))
			continue
		}
		words = append(words, valueText(v))
	}
	return strings.Join(words, by)
}
