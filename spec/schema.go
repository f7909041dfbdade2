package spec

import (
	"bytes"
	"encoding/json"
)

// schema is the part of JSON Schema (draft 7, the one editors know) that the format needs.
type schema struct {
	Schema               string             `json:"$schema,omitempty"`
	Ref                  string             `json:"$ref,omitempty"`
	Title                string             `json:"title,omitempty"`
	Description          string             `json:"description,omitempty"`
	Type                 any                `json:"type,omitempty"` // one name or a list of them
	Enum                 []string           `json:"enum,omitempty"`
	Pattern              string             `json:"pattern,omitempty"`
	Default              any                `json:"default,omitempty"`
	Examples             []string           `json:"examples,omitempty"`
	AnyOf                []*schema          `json:"anyOf,omitempty"`
	Items                *schema            `json:"items,omitempty"`
	MinItems             int                `json:"minItems,omitempty"`
	Minimum              int                `json:"minimum,omitempty"`
	UniqueItems          bool               `json:"uniqueItems,omitempty"`
	Properties           map[string]*schema `json:"properties,omitempty"`
	PropertyNames        *schema            `json:"propertyNames,omitempty"`
	AdditionalProperties any                `json:"additionalProperties,omitempty"` // false or a *schema
	Definitions          map[string]*schema `json:"definitions,omitempty"`
}

// Schema is the JSON schema of the format for editors, made from the tables the parser uses. What needs more than one
// key, or reads a text more closely than a pattern can, only Parse finds. The error is the JSON encoder's.
func Schema() ([]byte, error) {
	s := object(fileKeys)
	s.Schema = "http://json-schema.org/draft-07/schema#"
	s.Title = "crossgo build file, version 1"
	s.Definitions = map[string]*schema{"binary": object(binaryKeys), "image": object(imageKeys), "cache": object(cacheKeys), "verify": object(verifyKeys),
		"run": object(runKeys), "test": object(testKeys), "expect": object(expectKeys), "output": object(outputKeys),
		"release": object(releaseKeys), "releaseFile": object(releaseFileKeys), "signer": object(signerKeys)}
	s.Type = []string{"object", "null"}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(s)
	return out.Bytes(), err
}

func object[T any](keys []key[T]) *schema {
	o := &schema{Type: "object", Properties: map[string]*schema{}, AdditionalProperties: false}
	for _, k := range keys {
		s := k.doc.schema
		s.Description = k.doc.does
		o.Properties[k.name] = &s
	}
	return o
}

func stringOrList(item schema) schema {
	return schema{AnyOf: []*schema{&item, {Type: "array", Items: &item}}}
}

// simpleValue is what Parse keeps as the text it is written as.
func simpleValue() *schema {
	return &schema{Type: []string{"string", "number", "boolean", "null"}}
}

func platformNames() []string {
	var list []string
	for _, p := range Platforms() {
		list = append(list, p.String())
	}
	return list
}
