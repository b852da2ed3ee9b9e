metadata description = 'A workbook with the runs, their rows by outcome, the use of the request budget, and durations.'

@description('Name that is shown.')
param displayName string

@description('Azure region.')
param location string

@description('Tags.')
param tags object

@description('Name of the Application Insights component that the queries read.')
param insightsName string

@description('Omnisend\'s request limit per brand and minute.')
param requestsPerMinute int

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: insightsName
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(insights.id, 'runs')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: displayName
    category: 'workbook'
    sourceId: insights.id
    serializedData: replace(loadTextContent('../workbook.json'), 'BUDGET_PER_MINUTE', string(requestsPerMinute))
  }
}
