metadata description = 'Alerts on what the app logs. Each query gives rows when something is wrong.'

@description('Short name of the deployment.')
param name string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Name of the Application Insights component that the queries read.')
param insightsName string

@description('Addresses that alerts are mailed to.')
param emails string[]

@description('Alert when no run has succeeded for so many hours; 0 for no such alert.')
param maxHoursWithoutSuccess int

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource group 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-${name}'
  location: 'global'
  tags: tags
  properties: {
    enabled: true
    groupShortName: 'omni-export'
    emailReceivers: [
      for (email, index) in emails: {
        name: 'email-${index}'
        emailAddress: email
        useCommonAlertSchema: true
      }
    ]
  }
}

// The windows are longer than the pause between two looks, because log lines arrive some minutes late. An alert fires
// once and ends by itself when its query gives nothing more.
var rules = [
  {
    name: 'run-failed'
    title: 'A run failed, or only a part of it arrived'
    description: 'GET /api/runs/RUN tells the reason, and /api/runs/RUN/rows the rows with field and reason.'
    query: loadTextContent('../alerts/run-failed.kql')
    severity: 2
    window: 'PT15M'
    every: 'PT5M'
    enabled: true
  }
  {
    name: 'message-poisoned'
    title: 'A step failed again and again'
    description: 'The run it belongs to says how it goes on; the exceptions in Application Insights name the error.'
    query: loadTextContent('../alerts/message-poisoned.kql')
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    enabled: true
  }
  {
    name: 'supervisor-silent'
    title: 'The app\'s supervisor is silent'
    description: 'The app is stopped, cannot start (a wrong setting is named in its log), or cannot reach its storage.'
    query: loadTextContent('../alerts/supervisor-silent.kql')
    severity: 1
    window: 'PT15M'
    every: 'PT5M'
    enabled: true
  }
  {
    name: 'no-successful-run'
    title: 'No run has succeeded for ${maxHoursWithoutSuccess} hours'
    description: 'GET /api/runs lists the latest runs, and the occurrences that made none, each with its reason.'
    query: replace(loadTextContent('../alerts/no-successful-run.kql'), 'HOURS', string(maxHoursWithoutSuccess))
    severity: 2
    window: 'P2D'
    every: 'PT1H'
    enabled: maxHoursWithoutSuccess > 0
  }
]

resource alerts 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = [
  for rule in rules: {
    name: '${rule.name}-${name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${rule.title} (${name})'
      description: rule.description
      severity: rule.severity
      enabled: rule.enabled
      scopes: [
        insights.id
      ]
      evaluationFrequency: rule.every
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      autoMitigate: true
      actions: {
        actionGroups: [
          group.id
        ]
      }
    }
  }
]
